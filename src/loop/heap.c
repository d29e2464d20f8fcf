// Timers in order of when they are due.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

#define HEAP_FIRST 64

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->due_ms < b->due_ms ||
           (a->due_ms == b->due_ms && a->turn < b->turn);
}

static void put(struct timer_heap *heap, struct loop_timer *timer, size_t at)
{
    heap->items[at] = timer;
    timer->at = at;
}

static void rise(struct timer_heap *heap, struct loop_timer *timer, size_t at)
{
    for (; at > 1 && is_before(timer, heap->items[at / 2]); at /= 2)
        put(heap, heap->items[at / 2], at);
    put(heap, timer, at);
}

static void sink(struct timer_heap *heap, struct loop_timer *timer, size_t at)
{
    for (size_t below; (below = 2 * at) <= heap->n; at = below) {
        if (below < heap->n &&
            is_before(heap->items[below + 1], heap->items[below]))
            below++;
        if (!is_before(heap->items[below], timer))
            break;
        put(heap, heap->items[below], at);
    }
    put(heap, timer, at);
}

void timer_heap_take(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t at = timer->at;
    if (at == 0)
        return;
    timer->at = 0;
    struct loop_timer *last = heap->items[heap->n--];
    if (last == timer)
        return;
    if (at > 1 && is_before(last, heap->items[at / 2]))
        rise(heap, last, at);
    else
        sink(heap, last, at);
}

void timer_heap_put(struct timer_heap *heap, struct loop_timer *timer,
                    int64_t due_ms)
{
    timer_heap_take(heap, timer);
    timer->due_ms = due_ms;
    timer->turn = ++heap->turn;
    if (heap->n + 1 >= heap->cap) {
        heap->cap = heap->cap ? 2 * heap->cap : HEAP_FIRST;
        heap->items =
            xreallocarray(heap->items, heap->cap, sizeof(struct loop_timer *));
    }
    rise(heap, timer, ++heap->n);
}

struct loop_timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->n > 0 ? heap->items[1] : NULL;
}
