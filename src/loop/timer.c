// One-shot timers.

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/internal.h"

static void on_due(uv_timer_t *uv);

// One that comes too early costs a look; one that is too late may not be.
static void arm(struct loop *loop)
{
    const struct loop_timer *first = timer_heap_first(&loop->heap);
    if (loop->leap || !first ||
        (loop->armed_ms >= 0 && loop->armed_ms <= first->due_ms))
        return;
    int64_t ms = first->due_ms - clock_mono_ms(&loop->clock);
    // libuv runs timers until none is due: one that restarts itself with 0
    // would keep it from ever looking at descriptors again.
    int64_t least = loop->in_timer ? 1 : 0;
    loop->armed_ms = first->due_ms;
    uv_update_time(&loop->uv); // the delay counts from now
    uv_timer_start(&loop->timer, on_due, (uint64_t)(ms > least ? ms : least),
                   0);
}

static void on_due(uv_timer_t *uv)
{
    struct loop *loop = uv->data;
    struct timer_heap *heap = &loop->heap;
    struct loop_timer *timer;
    uint64_t turn = heap->turn; // one that restarts itself waits its turn
    int64_t now = clock_mono_ms(&loop->clock);
    loop->in_timer = true;
    while ((timer = timer_heap_first(heap)) && timer->due_ms <= now &&
           timer->turn <= turn) {
        uv_stop(&loop->uv); // timers run before the wait: do not wait after one
        timer_heap_take(heap, timer);
        timer->fn(timer->arg); // may free it
    }
    loop->armed_ms = -1;
    arm(loop);
    loop->in_timer = false;
}

void loop_timers_begin(struct loop *loop)
{
    uv_timer_init(&loop->uv, &loop->timer);
    loop->timer.data = loop;
    loop->armed_ms = -1;
}

void loop_timers_end(struct loop *loop)
{
    if (loop->timers > 0) {
        log_error("a timer was not freed before its loop");
        abort();
    }
    free(loop->heap.items);
    uv_close((uv_handle_t *)&loop->timer, NULL);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg),
                                  void *arg)
{
    struct loop_timer *timer = xcalloc(1, sizeof(*timer));
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    loop->timers++;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t ms)
{
    struct loop *loop = timer->loop;
    int64_t now = clock_mono_ms(&loop->clock);
    timer_heap_put(&loop->heap, timer, now + (ms > 0 ? ms : 0));
    arm(loop);
}

void loop_timer_stop(struct loop_timer *timer)
{
    timer_heap_take(&timer->loop->heap, timer);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    loop_timer_stop(timer);
    timer->loop->timers--;
    free(timer);
}
