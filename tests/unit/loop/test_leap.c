// Virtual time goes from timer to timer, and nothing waits.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"

#define MANY 500
#define DAY ((int64_t)24 * 3600 * 1000)

static char said[64];

static void say(void *arg)
{
    strcat(said, arg);
}

static int64_t now(const struct loop *loop)
{
    return clock_mono_ms(loop_clock(loop));
}

static int64_t wall(const struct loop *loop)
{
    return clock_wall_ms(loop_clock(loop));
}

static void test_in_the_order_of_time_then_of_starts(void **state)
{
    (void)state;
    static char names[] = "a\0b\0c\0d";
    struct loop *loop = loop_new_virtual();
    struct loop_timer *a = loop_timer_new(loop, say, &names[0]);
    struct loop_timer *b = loop_timer_new(loop, say, &names[2]);
    struct loop_timer *c = loop_timer_new(loop, say, &names[4]);
    struct loop_timer *d = loop_timer_new(loop, say, &names[6]);
    int64_t began = wall(loop);
    said[0] = '\0';
    loop_timer_start(c, DAY);
    loop_timer_start(b, 0);
    loop_timer_start(a, DAY);
    loop_timer_start(d, 2 * DAY);
    loop_timer_start(d, 3 * DAY);
    assert_int_equal(now(loop), 0);
    assert_true(loop_leap(loop));
    assert_string_equal(said, "b");
    assert_int_equal(now(loop), 0);
    assert_true(loop_leap(loop));
    assert_string_equal(said, "bca");
    assert_int_equal(now(loop), DAY);
    assert_int_equal(wall(loop), began + DAY);
    loop_timer_stop(d);
    assert_false(loop_leap(loop));
    assert_int_equal(now(loop), DAY);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_timer_free(c);
    loop_timer_free(d);
    loop_free(loop);
}

struct again {
    struct loop_timer *timer;
    int n;
};

static void restart(void *arg)
{
    struct again *again = arg;
    again->n++;
    loop_timer_start(again->timer, 0);
}

static void test_one_that_restarts_itself_lets_others_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_new_virtual();
    struct again again = {.n = 0};
    again.timer = loop_timer_new(loop, restart, &again);
    loop_timer_start(again.timer, 5);
    assert_true(loop_leap(loop));
    assert_true(loop_leap(loop));
    assert_int_equal(again.n, 2);
    assert_int_equal(now(loop), 5);
    loop_timer_free(again.timer);
    loop_free(loop);
}

struct noted {
    struct loop *loop;
    int64_t due, *last;
    int *n;
};

static void note(void *arg)
{
    struct noted *noted = arg;
    assert_int_equal(now(noted->loop), noted->due);
    assert_true(noted->due >= *noted->last);
    *noted->last = noted->due;
    ++*noted->n;
}

// Started, restarted and stopped in no order at all.
static void test_many_come_in_order(void **state)
{
    (void)state;
    struct loop *loop = loop_new_virtual();
    static struct loop_timer *timers[MANY];
    static struct noted noted[MANY];
    unsigned chance = 7;
    int64_t last = 0;
    int n = 0, stopped = 0;
    for (size_t i = 0; i < MANY; i++) {
        noted[i] = (struct noted){loop, 0, &last, &n};
        timers[i] = loop_timer_new(loop, note, &noted[i]);
    }
    for (size_t i = 0; i < 3 * (size_t)MANY; i++) {
        chance = chance * 1103515245 + 12345;
        noted[i % MANY].due = chance / 65536 % 1000;
        loop_timer_start(timers[i % MANY], noted[i % MANY].due);
    }
    for (size_t i = 0; i < MANY; i += 7, stopped++)
        loop_timer_stop(timers[i]);
    while (loop_leap(loop))
        continue;
    assert_int_equal(n, MANY - stopped);
    for (size_t i = 0; i < MANY; i++)
        loop_timer_free(timers[i]);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_the_order_of_time_then_of_starts),
        cmocka_unit_test(test_one_that_restarts_itself_lets_others_turn),
        cmocka_unit_test(test_many_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
