#include "engine/pace.h"

#include <stddef.h>

#define RETRY_AFTER_MAX 3600 // seconds
#define CLOSED_FIRST 2000
#define CLOSED_MOST 60000
#define BURST_MS 1000
#define POLL_GROWTH 1.5
#define POLL_MOST 15000

void pace_init(struct pace *pace, int limit)
{
    *pace = (struct pace){.limit = limit, .window = limit, .cut_ms = -BURST_MS};
}

bool pace_may(const struct pace *pace, int64_t others, int64_t now)
{
    if (now < pace->closed_until)
        return false;
    if (pace->own == 0)
        return true;
    return pace->own < (int)pace->window && pace->own + others < pace->limit;
}

int64_t pace_closed_for(const struct pace *pace, int64_t now)
{
    return now < pace->closed_until ? pace->closed_until - now : 0;
}

void pace_accepted(struct pace *pace)
{
    pace->slow = 0;
    pace->window += 1 / pace->window;
    if (pace->window > pace->limit)
        pace->window = pace->limit;
}

void pace_too_fast(struct pace *pace, int64_t retry_after_ms, int64_t now)
{
    bool same_burst = now - pace->cut_ms < BURST_MS;
    if (!same_burst) {
        pace->cut_ms = now;
        pace->window = pace->window / 2 < 1 ? 1 : pace->window / 2;
    }
    int64_t wait = retry_after_ms;
    if (wait < 0)
        wait = pace_back_off(pace->slow, CLOSED_FIRST, CLOSED_MOST, 0.5);
    if (!same_burst && pace->slow < 16)
        pace->slow++;
    if (now + wait > pace->closed_until)
        pace->closed_until = now + wait;
}

int64_t pace_retry_after(const char *header)
{
    if (!header || !*header)
        return -1;
    int64_t seconds = 0;
    for (; *header; header++) {
        if (*header < '0' || *header > '9')
            return -1;
        seconds = seconds * 10 + (*header - '0');
        if (seconds > RETRY_AFTER_MAX)
            seconds = RETRY_AFTER_MAX;
    }
    return seconds * 1000;
}

// `ms` changed by up to a fifth, either way.
static int64_t jitter(double ms, double chance)
{
    return (int64_t)(ms * (0.8 + 0.4 * chance));
}

int64_t pace_poll_delay(int n, int64_t poll_min, double chance)
{
    int64_t most = poll_min * 4 < POLL_MOST ? poll_min * 4 : POLL_MOST;
    if (most < poll_min)
        most = poll_min;
    double ms = (double)poll_min;
    for (int i = 0; i < n && ms < (double)most; i++)
        ms *= POLL_GROWTH;
    if (ms > (double)most)
        ms = (double)most;
    int64_t delay = jitter(ms, chance);
    return delay < poll_min ? poll_min : delay;
}

int64_t pace_back_off(int n, int64_t first, int64_t most, double chance)
{
    double ms = (double)first;
    for (int i = 0; i < n && ms < (double)most; i++)
        ms *= 2;
    return jitter(ms > (double)most ? (double)most : ms, chance);
}
