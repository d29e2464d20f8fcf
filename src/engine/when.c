#include "engine/when.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

#define MINUTE_MS 60000
#define STAMP_MAX 64

static char *span(int64_t minutes)
{
    int64_t hours = minutes / 60, days = hours / 24;
    if (days > 1)
        return xasprintf("%" PRId64 " days", days);
    if (hours > 0 && minutes % 60 == 0)
        return xasprintf("%" PRId64 " h", hours);
    if (hours > 0)
        return xasprintf("%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
    return xasprintf("%" PRId64 " min", minutes);
}

static struct tm local_time(int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    localtime_r(&seconds, &tm);
    return tm;
}

char *when_text(int64_t now_ms, int64_t wait_ms)
{
    // Never told too early.
    int64_t at_ms = (now_ms + wait_ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS;
    struct tm now = local_time(now_ms), at = local_time(at_ms);
    bool today = now.tm_year == at.tm_year && now.tm_yday == at.tm_yday;
    char stamp[STAMP_MAX];
    strftime(stamp, sizeof(stamp), today ? "at %H:%M" : "on %a %d %b at %H:%M",
             &at);
    char *in = span((wait_ms + MINUTE_MS - 1) / MINUTE_MS);
    char *text = xasprintf("%s (in %s)", stamp, in);
    free(in);
    return text;
}
