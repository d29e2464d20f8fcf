#include "engine/pace.h"

#include <stddef.h>

#define CLOSED_FIRST 500
#define CLOSED_LEAST 250 // where the service says that it need not be long
#define CLOSED_MOST 15000
#define NEAR_FIRST 250
#define NEAR_MOST 4000
#define SLOW_MAX 16
#define BEYOND 4 // windows of acceptances for one more than was borne

// --- told to wait
void closing_init(struct closing *closing, bool near)
{
    *closing = (struct closing){.cut_ms = -1, .near = near};
}

bool closing_note(struct closing *closing, int64_t sent_ms,
                  int64_t retry_after_ms, int64_t now)
{
    bool fresh = sent_ms > closing->cut_ms;
    if (fresh) {
        closing->cut_ms = now;
        if (closing->slow < SLOW_MAX)
            closing->slow++;
    }
    int64_t wait = retry_after_ms;
    if (wait <= 0)
        wait = pace_back_off(closing->slow - 1,
                             wait == 0       ? CLOSED_LEAST
                             : closing->near ? NEAR_FIRST
                                             : CLOSED_FIRST,
                             closing->near ? NEAR_MOST : CLOSED_MOST, 0.5);
    if (now + wait > closing->until)
        closing->until = now + wait;
    return fresh;
}

void closing_answered(struct closing *closing)
{
    closing->slow = 0;
}

int64_t closing_wait(const struct closing *closing, int64_t now)
{
    return now < closing->until ? closing->until - now : 0;
}

// --- submits
void pace_init(struct pace *pace, int limit, bool near)
{
    *pace = (struct pace){.limit = limit, .window = limit, .borne = limit};
    closing_init(&pace->closing, near);
}

bool pace_may(const struct pace *pace, int64_t others, int64_t now)
{
    if (closing_wait(&pace->closing, now) > 0)
        return false;
    if (pace->own == 0)
        return true;
    return pace->own < (int)pace->window && pace->own + others < pace->limit;
}

int64_t pace_closed_for(const struct pace *pace, int64_t now)
{
    return closing_wait(&pace->closing, now);
}

void pace_accepted(struct pace *pace)
{
    closing_answered(&pace->closing);
    pace->window +=
        pace->window < pace->borne ? 1 : 1 / (BEYOND * pace->window);
    if (pace->window > pace->limit)
        pace->window = pace->limit;
}

void pace_too_fast(struct pace *pace, int64_t sent_ms, int64_t retry_after_ms,
                   int64_t now)
{
    // Each refused one of a burst leaves one less that was borne.
    double borne = pace->own > 1 ? pace->own - 1 : 1;
    bool fresh = closing_note(&pace->closing, sent_ms, retry_after_ms, now);
    if (fresh || borne < pace->borne)
        pace->borne = borne;
    if (fresh)
        pace->window = pace->window / 2 < 1 ? 1 : pace->window / 2;
}

// --- delays
// `ms` changed by up to a fifth, either way.
static int64_t jitter(double ms, double chance)
{
    return (int64_t)(ms * (0.8 + 0.4 * chance));
}

int64_t pace_back_off(int n, int64_t first, int64_t most, double chance)
{
    double ms = (double)first;
    for (int i = 0; i < n && ms < (double)most; i++)
        ms *= 2;
    return jitter(ms > (double)most ? (double)most : ms, chance);
}
