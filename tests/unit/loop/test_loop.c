#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../turning.h"
#include "loop/loop.h"

struct order {
    int seen[8];
    int n;
    bool done;
};

struct tick {
    struct order *order;
    int id;
    bool last;
};

static void on_tick(void *arg)
{
    struct tick *tick = arg;
    tick->order->seen[tick->order->n++] = tick->id;
    if (tick->last)
        tick->order->done = true;
}

static void test_timers_fire_in_order(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct order order = {0};
    struct tick ticks[] = {
        {&order, 0, true}, {&order, 1, false}, {&order, 2, false}};
    struct loop_timer *timers[3];
    for (int i = 0; i < 3; i++)
        timers[i] = loop_timer_new(loop, on_tick, &ticks[i]);
    loop_timer_start(timers[0], 40);
    loop_timer_start(timers[1], 20);
    loop_timer_start(timers[2], 0);
    turn_until(loop, &order.done);
    assert_int_equal(order.n, 3);
    assert_int_equal(order.seen[0], 2);
    assert_int_equal(order.seen[1], 1);
    assert_int_equal(order.seen[2], 0);
    for (int i = 0; i < 3; i++)
        loop_timer_free(timers[i]);
    loop_timer_free(NULL);
    loop_free(loop);
}

static void test_a_stopped_timer_is_silent(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct order order = {0};
    struct tick stopped = {&order, 1, false}, last = {&order, 2, true};
    struct loop_timer *a = loop_timer_new(loop, on_tick, &stopped);
    struct loop_timer *b = loop_timer_new(loop, on_tick, &last);
    loop_timer_start(a, 1);
    loop_timer_start(b, 10);
    loop_timer_start(b, 5); // restarted, not twice
    loop_timer_stop(a);
    turn_until(loop, &order.done);
    assert_int_equal(order.n, 1);
    assert_int_equal(order.seen[0], 2);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_free(loop);
}

static void test_a_due_timer_does_not_block(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct order order = {0};
    struct tick due = {&order, 1, true}, later = {&order, 2, false};
    struct loop_timer *a = loop_timer_new(loop, on_tick, &due);
    struct loop_timer *b = loop_timer_new(loop, on_tick, &later);
    loop_timer_start(b, 3600 * 1000);
    loop_timer_start(a, 0);
    loop_once(loop, true); // would take an hour
    assert_int_equal(order.n, 1);
    loop_timer_free(a);
    loop_timer_free(b);
    loop_free(loop);
}

struct again {
    struct loop_timer *timer;
    int n;
    bool done;
};

static void on_again(void *arg)
{
    struct again *again = arg;
    if (++again->n < 5) {
        loop_timer_start(again->timer, 0);
        return;
    }
    loop_timer_free(again->timer);
    again->done = true;
}

static void test_a_timer_restarts_and_frees_itself(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct again again = {0};
    again.timer = loop_timer_new(loop, on_again, &again);
    loop_timer_start(again.timer, 0);
    loop_once(loop, true);
    assert_true(again.n < 5); // it did not keep the loop to itself
    turn_until(loop, &again.done);
    assert_int_equal(again.n, 5);
    loop_free(loop);
}

struct watch {
    struct loop_poll *poll;
    int fd;
    int events;
    bool done;
};

static void on_ready(void *arg, int events)
{
    struct watch *watch = arg;
    watch->events |= events;
    watch->done = true;
    loop_poll_set(watch->poll, 0);
}

static void test_poll_says_what_happened(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct watch in = {.fd = ends[0]}, out = {.fd = ends[1]};
    in.poll = loop_poll_new(loop, ends[0], on_ready, &in);
    out.poll = loop_poll_new(loop, ends[1], on_ready, &out);
    loop_poll_set(in.poll, LOOP_READ);
    loop_once(loop, false);
    assert_false(in.done);
    loop_poll_set(out.poll, LOOP_WRITE);
    turn_until(loop, &out.done);
    assert_int_equal(out.events, LOOP_WRITE);
    assert_int_equal(write(ends[1], "x", 1), 1);
    turn_until(loop, &in.done);
    assert_int_equal(in.events, LOOP_READ);
    loop_poll_free(in.poll);
    loop_poll_free(out.poll);
    close(ends[0]);
    close(ends[1]);
    loop_free(loop);
}

static void on_flag(void *arg)
{
    *(bool *)arg = true;
}

static void test_signal(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    bool came = false;
    struct loop_signal *signal = loop_signal_new(loop, SIGUSR1, on_flag, &came);
    raise(SIGUSR1);
    turn_until(loop, &came);
    loop_signal_free(signal);
    loop_free(loop);
}

struct job {
    int in, out;
    bool done;
};

static void job_work(void *arg)
{
    struct job *job = arg;
    job->out = job->in * 2;
}

static void job_done(void *arg)
{
    struct job *job = arg;
    job->done = true;
}

static void test_work_then_done(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct job jobs[20] = {0};
    for (int i = 0; i < 20; i++) {
        jobs[i].in = i;
        loop_work(loop, job_work, job_done, &jobs[i]);
        assert_false(jobs[i].done);
    }
    turn_until(loop, &jobs[7].done);
    loop_free(loop); // waits for the others
    for (int i = 0; i < 20; i++) {
        assert_true(jobs[i].done);
        assert_int_equal(jobs[i].out, 2 * i);
    }
}

static void wake_work(void *arg)
{
    loop_wake(arg);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void test_wake_ends_a_blocked_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    loop_wake(loop); // before the turn: not lost
    loop_once(loop, true);
    loop_work(loop, wake_work, nothing, loop);
    loop_once(loop, true);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_fire_in_order),
        cmocka_unit_test(test_a_stopped_timer_is_silent),
        cmocka_unit_test(test_a_due_timer_does_not_block),
        cmocka_unit_test(test_a_timer_restarts_and_frees_itself),
        cmocka_unit_test(test_poll_says_what_happened),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_work_then_done),
        cmocka_unit_test(test_wake_ends_a_blocked_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
