// Timers come in the order of when they are due, and then of their starts,
// whatever was put in, put anew and taken out before.

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "loop/internal.h"

#define TIMERS 200
#define TURNS 20000
#define TIMES 40 // few, so that many are due at once

static unsigned dice(void)
{
    static unsigned chance = 1;
    chance = chance * 1103515245 + 12345;
    return chance / 65536;
}

static void comes_before(const struct loop_timer *a, const struct loop_timer *b)
{
    assert_true(a->due_ms <= b->due_ms);
    assert_true(a->due_ms < b->due_ms || a->turn < b->turn);
}

static void test_in_order_after_any_number_of_changes(void **state)
{
    (void)state;
    static struct loop_timer timers[TIMERS];
    struct timer_heap heap = {0};
    size_t n = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        struct loop_timer *timer = &timers[dice() % TIMERS];
        bool was_in = timer->at > 0, put = dice() % 3 > 0;
        if (put)
            timer_heap_put(&heap, timer, dice() % TIMES);
        else
            timer_heap_take(&heap, timer);
        n = n + put - was_in;
        assert_int_equal(heap.n, n);
        assert_int_equal(timer->at > 0, put);
        for (size_t i = 2; i <= heap.n; i++)
            comes_before(heap.items[i / 2], heap.items[i]);
    }
    const struct loop_timer *last = NULL;
    for (struct loop_timer *first; (first = timer_heap_first(&heap));) {
        if (last)
            comes_before(last, first);
        last = first;
        timer_heap_take(&heap, first);
        assert_int_equal(heap.n, --n);
    }
    assert_int_equal(n, 0);
    free(heap.items);
}

struct pair {
    struct loop *loop;
    struct loop_timer *own, *other;
    int came;
};

static void end_both(void *arg)
{
    struct pair *pair = arg;
    pair->came++;
    loop_timer_stop(pair->other);
    loop_timer_free(pair->own);
}

static void test_one_ends_another_that_is_due_and_itself(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct pair one = {.loop = loop}, two = {.loop = loop};
    one.own = two.other = loop_timer_new(loop, end_both, &one);
    two.own = one.other = loop_timer_new(loop, end_both, &two);
    loop_timer_start(one.own, 0);
    loop_timer_start(two.own, 0);
    while (!one.came)
        loop_once(loop, true);
    loop_once(loop, false);
    assert_int_equal(one.came, 1);
    assert_int_equal(two.came, 0);
    loop_timer_free(two.own);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order_after_any_number_of_changes),
        cmocka_unit_test(test_one_ends_another_that_is_due_and_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
