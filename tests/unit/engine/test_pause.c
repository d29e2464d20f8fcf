// While it is paused nothing is bought, nothing is lost, and what was on its
// way to be sent is sent once.

#include "engine_test.h"

static void turns(struct fixture *f, int n)
{
    for (int i = 0; i < n; i++) {
        engine_step(f->engine);
        loop_once(f->loop, false);
    }
    engine_step(f->engine);
}

// All that is being written down is.
static void rest(struct fixture *f)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    do {
        turns(f, 20);
        assert_true(clock_mono_ms(&clock_system) < end);
    } while (engine_writes(f->engine));
}

static enum attempt_state recorded(struct fixture *f, const struct purchase *p,
                                   bool *found)
{
    struct purchase_row row;
    assert_true(
        ledger_find(f->ledger, purchase_fingerprint(p), &row, found, NULL));
    enum attempt_state state = row.attempt.state;
    if (*found)
        purchase_row_free(&row);
    return state;
}

static void nothing_is_sent(void **state)
{
    struct fixture *f = *state;
    engine_pause(f->engine, true);
    engine_pause(f->engine, true);
    struct purchase *p = buy(f, "a pier");
    rest(f);
    assert_true(engine_paused(f->engine));
    assert_false(purchase_settled(p));
    assert_int_equal(f->service.requests, 0);
    assert_int_equal(f->keys, 0);
    engine_pause(f->engine, false);
    assert_false(engine_paused(f->engine));
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

// Whenever the pause comes: sold before it and fetched in it, or an intent that
// is sold afterwards.
static void test_I5_a_pause_buys_nothing(void **state)
{
    struct fixture *f = *state;
    int waited = 0, sold = 0;
    for (int n = 0; n < 30; n++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", n);
        int posts = f->service.posts;
        struct purchase *p = buy(f, prompt);
        for (int i = 0; i < n && !purchase_settled(p); i++)
            turn_once(f);
        bool found, was_sent = purchase_was_bought_now(p);
        engine_pause(f->engine, true);
        rest(f);
        assert_int_equal(purchase_was_bought_now(p), was_sent);
        enum attempt_state there = recorded(f, p, &found);
        if (was_sent) {
            until_settled(f, p);
            sold++;
        } else {
            waited++;
            assert_int_equal(f->service.posts, posts);
            assert_true(!found || there == ATTEMPT_INTENT);
            rest(f);
            assert_int_equal(f->service.posts, posts);
        }
        engine_pause(f->engine, false);
        until_settled(f, p);
        assert_delivered(p);
        assert_int_equal(f->service.posts, posts + 1);
        assert_int_equal(f->service.n, f->service.posts);
    }
    assert_true(waited > 0 && sold > 0);
}

static void a_stop_is_a_stop(void **state)
{
    struct fixture *f = *state;
    engine_pause(f->engine, true);
    struct purchase *p = buy(f, "a pier");
    rest(f);
    engine_stop(f->engine);
    until_settled(f, p);
    assert_failure(p, "stopped", ERR_NONE);
    rest(f);
    assert_true(engine_quiet(f->engine));
    assert_int_equal(f->service.posts, 0);
}

static void what_waits_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    engine_pause(f->engine, true);
    struct purchase *p = buy(f, "a pier");
    rest(f);
    purchase_cancel(p);
    until_settled(f, p);
    assert_failure(p, "cancelled", ERR_NONE);
    int64_t spent;
    assert_true(ledger_spent(f->ledger, "test", &spent, NULL));
    assert_int_equal(spent, 0);
    engine_pause(f->engine, false);
    rest(f);
    assert_int_equal(f->service.posts, 0);
}

// The next run is not paused, and buys what waited.
static void a_run_that_dies_in_it(void **state)
{
    struct fixture *f = *state;
    engine_pause(f->engine, true);
    buy(f, "a pier");
    rest(f);
    next_run(f);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

// --- times

static int64_t moved_ms;

static int64_t wall(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system) + moved_ms;
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return clock_mono_ms(&clock_system) + moved_ms;
}

static const struct clock moved = {wall, mono, NULL};

// The service puts it off twice; between the two times lies an hour. Only one
// that was not paused is given up.
static struct purchase *put_off_twice(struct fixture *f, bool paused)
{
    end_run(f);
    begin_run(f);
    f->config.clock = &moved;
    f->config.timeout_ms = 60 * 1000;
    start_engine(f);
    f->service.manner = TOO_FAST;
    struct purchase *p = buy(f, paused ? "a pier" : "a cliff");
    until_state(f, p, ATTEMPT_SUBMITTING);
    until_state(f, p, ATTEMPT_INTENT);
    f->service.manner = TOO_FAST;
    engine_pause(f->engine, paused);
    rest(f);
    moved_ms += 60 * 60 * 1000;
    assert_true(engine_paused_ms(f->engine) >= (paused ? 60 * 60 * 1000 : 0));
    engine_pause(f->engine, false);
    until_settled(f, p);
    return p;
}

static void patience_does_not_run_out(void **state)
{
    struct fixture *f = *state;
    assert_delivered(put_off_twice(f, true));
    assert_int_equal(f->service.n, 1);
    assert_failure(put_off_twice(f, false), "rate", ERR_GATEWAY);
    assert_int_equal(f->service.n, 1);
    assert_int_equal(engine_paused_ms(f->engine), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_sent),       TEST(test_I5_a_pause_buys_nothing),
        TEST(a_stop_is_a_stop),      TEST(what_waits_can_be_cancelled),
        TEST(a_run_that_dies_in_it), TEST(patience_does_not_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
