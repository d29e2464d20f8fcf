// Virtual time: timers in a heap, and a clock that goes from one to the next.

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/internal.h"

#define HEAP_FIRST 64

struct leap {
    struct loop_timer **heap; // [1] is the next that is due
    size_t n, cap;
    size_t timers; // that were made, and not freed
    uint64_t turn;
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
    if (loop->leap->timers > 0) {
        log_error("a timer was not freed before its loop");
        abort();
    }
    free(loop->leap->heap);
    free(loop->leap);
}

// --- the heap
static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due_ms < b->due_ms ||
           (a->due_ms == b->due_ms && a->turn < b->turn);
}

static void put(struct leap *leap, struct loop_timer *timer, size_t at)
{
    leap->heap[at] = timer;
    timer->at = at;
}

static void rise(struct leap *leap, struct loop_timer *timer, size_t at)
{
    for (; at > 1 && is_before(timer, leap->heap[at / 2]); at /= 2)
        put(leap, leap->heap[at / 2], at);
    put(leap, timer, at);
}

static void sink(struct leap *leap, struct loop_timer *timer, size_t at)
{
    for (size_t below; (below = 2 * at) <= leap->n; at = below) {
        if (below < leap->n &&
            is_before(leap->heap[below + 1], leap->heap[below]))
            below++;
        if (!is_before(leap->heap[below], timer))
            break;
        put(leap, leap->heap[below], at);
    }
    put(leap, timer, at);
}

// --- timers
void leap_add(struct loop_timer *timer)
{
    timer->loop->leap->timers++;
}

void leap_stop(struct loop_timer *timer)
{
    struct leap *leap = timer->loop->leap;
    size_t at = timer->at;
    if (at == 0)
        return;
    timer->at = 0;
    struct loop_timer *last = leap->heap[leap->n--];
    if (last == timer)
        return;
    if (at > 1 && is_before(last, leap->heap[at / 2]))
        rise(leap, last, at);
    else
        sink(leap, last, at);
}

void leap_start(struct loop_timer *timer, int64_t ms)
{
    struct leap *leap = timer->loop->leap;
    leap_stop(timer);
    timer->due_ms = leap->now_ms + (ms > 0 ? ms : 0);
    timer->turn = ++leap->turn;
    if (leap->n + 1 >= leap->cap) {
        leap->cap = leap->cap ? 2 * leap->cap : HEAP_FIRST;
        leap->heap =
            xreallocarray(leap->heap, leap->cap, sizeof(struct loop_timer *));
    }
    rise(leap, timer, ++leap->n);
}

void leap_free(struct loop_timer *timer)
{
    leap_stop(timer);
    timer->loop->leap->timers--;
    free(timer);
}

bool loop_leap(struct loop *loop)
{
    struct leap *leap = loop->leap;
    if (leap->n == 0)
        return false;
    uint64_t turn = leap->turn; // one that restarts itself waits its turn
    leap->now_ms = leap->heap[1]->due_ms;
    while (leap->n > 0 && leap->heap[1]->due_ms == leap->now_ms &&
           leap->heap[1]->turn <= turn) {
        struct loop_timer *timer = leap->heap[1];
        leap_stop(timer);
        timer->fn(timer->arg);
    }
    return true;
}
