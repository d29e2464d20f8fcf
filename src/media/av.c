#include "media/av.h"

#include <pthread.h>

#include <libavutil/error.h>
#include <libavutil/log.h>

static void quiet(void)
{
    av_log_set_level(AV_LOG_QUIET);
}

void av_quiet(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, quiet);
}

bool av_err(struct err *err, enum err_kind kind, const char *what, int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, text, sizeof(text));
    return err_set(err, kind, "%s: %s", what, text);
}
