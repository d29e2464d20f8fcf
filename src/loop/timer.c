// One-shot timers.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

#define EARLY_MS 50 // libuv counts in whole milliseconds of its own

struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg),
                                  void *arg)
{
    struct loop_timer *timer = xcalloc(1, sizeof(*timer));
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    if (loop->leap) {
        leap_add(timer);
        return timer;
    }
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    return timer;
}

static void on_due(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    struct loop *loop = timer->loop; // fn may free the timer
    // It stood still while nobody turned the loop.
    int64_t left = timer->due_ms - clock_mono_ms(&loop->clock);
    if (left > EARLY_MS) {
        uv_timer_start(&timer->uv, on_due, (uint64_t)left, 0);
        return;
    }
    uv_stop(&loop->uv); // timers run before the wait: do not wait after one
    loop->in_timer = true;
    timer->fn(timer->arg);
    loop->in_timer = false;
}

void loop_timer_start(struct loop_timer *timer, int64_t ms)
{
    if (timer->loop->leap) {
        leap_start(timer, ms);
        return;
    }
    // libuv runs timers until none is due: one that restarts itself with 0
    // would keep it from ever looking at descriptors again.
    int64_t least = timer->loop->in_timer ? 1 : 0;
    if (ms < least)
        ms = least;
    uv_update_time(&timer->loop->uv); // the delay counts from now
    timer->due_ms = clock_mono_ms(&timer->loop->clock) + ms;
    uv_timer_start(&timer->uv, on_due, (uint64_t)ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer->loop->leap)
        leap_stop(timer);
    else
        uv_timer_stop(&timer->uv);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer && timer->loop->leap)
        leap_free(timer);
    else if (timer)
        uv_close((uv_handle_t *)&timer->uv, loop_free_box);
}
