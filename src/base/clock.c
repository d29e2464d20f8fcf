#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_wall, system_mono, NULL};

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

int64_t clock_mono_ms(const struct clock *clock)
{
    return clock->mono_ms(clock->ctx);
}

void clock_iso(int64_t wall_ms, char out[21])
{
    // Four digits of year are all that fits: 0000 to 9999.
    const int64_t first = -62167219200, last = 253402300799;
    int64_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
    if (seconds < first)
        seconds = first;
    if (seconds > last)
        seconds = last;
    time_t when = (time_t)seconds;
    struct tm tm;
    gmtime_r(&when, &tm);
    char text[96]; // what the compiler thinks six ints may need
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ",
             tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec);
    memcpy(out, text, 20);
    out[20] = '\0';
}
