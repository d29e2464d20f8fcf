// Virtual time: a clock that goes from one timer to the next.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

struct leap {
    int64_t now_ms, began_ms; // since it began; when that was, by the wall
};

static int64_t wall(void *ctx)
{
    const struct leap *leap = ctx;
    return leap->began_ms + leap->now_ms;
}

static int64_t mono(void *ctx)
{
    const struct leap *leap = ctx;
    return leap->now_ms;
}

void leap_begin(struct loop *loop)
{
    struct leap *leap = xcalloc(1, sizeof(*leap));
    leap->began_ms = clock_wall_ms(&clock_system);
    loop->clock = (struct clock){wall, mono, leap};
    loop->leap = leap;
}

void leap_end(struct loop *loop)
{
    free(loop->leap);
}

bool loop_leap(struct loop *loop)
{
    struct leap *leap = loop->leap;
    struct timer_heap *heap = &loop->heap;
    struct loop_timer *timer = timer_heap_first(heap);
    if (!timer)
        return false;
    uint64_t turn = heap->turn; // one that restarts itself waits its turn
    leap->now_ms = timer->due_ms;
    while ((timer = timer_heap_first(heap)) && timer->due_ms == leap->now_ms &&
           timer->turn <= turn) {
        timer_heap_take(heap, timer);
        timer->fn(timer->arg);
    }
    return true;
}
