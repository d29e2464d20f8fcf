// What the files of this room share. Every handle is a heap box: after its
// init only libuv's close callback may free it.

#pragma once

#include <uv.h>

#include "base/clock.h"
#include "loop/loop.h"

// A binary heap; all zero is empty.
struct timer_heap {
    struct loop_timer **items; // [1] is the next that is due
    size_t n, cap;
    uint64_t turn;
};

struct loop {
    uv_loop_t uv;
    // All timers are ours, and one of libuv's wakes us for the first of them: a
    // handle for each would be most of what a waiting purchase takes.
    struct timer_heap heap;
    uv_timer_t timer;
    int64_t armed_ms; // when it comes; -1: not
    size_t timers;    // that were made, and not freed
    uv_async_t wake;
    size_t working; // jobs in the pool whose `done` has not run
    bool in_timer;  // inside a timer's callback

    // away.c
    uv_prepare_t prepare;
    uv_check_t check;
    int64_t back_by;  // when it should have turned again
    int64_t asked_ms; // when it was last asked
    int64_t away_ms;  // in all
    struct clock clock;

    struct leap *leap; // of a virtual one
};

struct loop_timer {
    struct loop *loop;
    void (*fn)(void *arg);
    void *arg;
    int64_t due_ms; // by the loop's clock
    uint64_t turn;  // those due at once come in the order of their starts
    size_t at;      // place in the heap, from 1; 0: not started
};

// heap.c. A timer that is in it is put anew; one that is not is no mistake.
void timer_heap_put(struct timer_heap *heap, struct loop_timer *timer,
                    int64_t due_ms);
void timer_heap_take(struct timer_heap *heap, struct loop_timer *timer);
struct loop_timer *timer_heap_first(const struct timer_heap *heap); // or NULL

// timer.c: from the loop's making to its end.
void loop_timers_begin(struct loop *loop);
void loop_timers_end(struct loop *loop);

// End the process over a mistake of ours: what failed, and libuv's reason.
_Noreturn void loop_defect(const char *what, int uv_code);

// Close callback of a handle whose `data` is its heap box.
void loop_free_box(uv_handle_t *handle);

// away.c: from its making to its end, and whenever it is turned.
void loop_away_begin(struct loop *loop);
void loop_away_end(struct loop *loop);
void loop_away_turn(struct loop *loop);

// leap.c
void leap_begin(struct loop *loop);
void leap_end(struct loop *loop);

// Drop a child that was freed while it ran; false when it is still owned.
bool loop_child_forget(struct loop_child *child);
