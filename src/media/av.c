#include "media/av.h"

#include <pthread.h>

#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>

// The largest image that is taken, four bytes a pixel. A few bytes of a hostile
// clip can ask for an index of gigabytes.
#define ALLOC_MAX ((size_t)(256u << 20) + (1u << 20))

static void tame(void)
{
    av_log_set_level(AV_LOG_QUIET);
    av_max_alloc(ALLOC_MAX);
}

void av_tame(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, tame);
}

bool av_err(struct err *err, enum err_kind kind, const char *what, int code)
{
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, text, sizeof(text));
    return err_set(err, kind, "%s: %s", what, text);
}
