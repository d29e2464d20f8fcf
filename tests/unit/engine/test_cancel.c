// Cancelling: what was not sent costs nothing, and a paid clip is never lost.

#include "engine_test.h"

static bool cannot;

static bool test_cancel(void *ctx, const char *task_id,
                        const struct dialect_ctx *gateway,
                        struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)gateway;
    if (cannot)
        return err_set(err, ERR_RECIPE, "not this one");
    call->method = xstrdup("DELETE");
    call->path = xasprintf("/task/%s", task_id);
    return true;
}

static int setup_cancel(void **state)
{
    static struct dialect dialect;
    int rc = setup(state);
    struct fixture *f = *state;
    dialect = test_dialect;
    dialect.cancel = test_cancel;
    cannot = false;
    f->gateway.dialect = &dialect;
    f->service.running = 1000;
    return rc;
}

static void until_decided(struct fixture *f, const struct purchase *p)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (purchase_cancelled(p) == CANCEL_UNDER_WAY && !late)
        turn_once(f);
    loop_timer_free(timer);
    assert_false(late);
}

static struct purchase *running(struct fixture *f)
{
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_RUNNING);
    assert_int_equal(purchase_cancelled(p), CANCEL_NOT_ASKED);
    return p;
}

static int64_t spent(struct fixture *f)
{
    int64_t n;
    assert_true(ledger_spent(f->ledger, "test", &n, NULL));
    return n;
}

static void assert_recorded(struct fixture *f, const struct purchase *p,
                            enum attempt_state wanted)
{
    struct purchase_row row;
    bool found;
    assert_true(
        ledger_find(f->ledger, purchase_fingerprint(p), &row, &found, NULL));
    assert_true(found);
    assert_int_equal(row.attempt.state, wanted);
    purchase_row_free(&row);
}

static void cancels(struct fixture *f, enum cancelling how)
{
    f->service.cancelling = how;
    struct purchase *p = running(f);
    int polls = f->service.polls;
    purchase_cancel(p);
    purchase_cancel(p);
    assert_int_equal(purchase_cancelled(p), CANCEL_UNDER_WAY);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
    assert_failure(p, "cancelled", ERR_NONE);
    assert_int_equal(purchase_state(p), ATTEMPT_CANCELLED);
    assert_recorded(f, p, ATTEMPT_CANCELLED);
    assert_int_equal(f->service.cancels, 1);
    assert_true(f->service.polls >= polls + 2); // before, and after
    assert_string_equal(f->service.authorization, "Bearer secret");
    purchase_cancel(p);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
}

static void a_running_one(void **state)
{
    cancels(*state, CANCELS);
}

static void one_that_is_gone_afterwards(void **state)
{
    cancels(*state, FORGETS);
}

static void one_that_ends_a_little_later(void **state)
{
    cancels(*state, DELETES_LATER);
}

// Its clip is there before we look: nothing may be cancelled any more.
static void a_finished_one_is_kept(void **state)
{
    struct fixture *f = *state;
    f->gateway.poll_min_ms = DEADLINE_MS * 10;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_ACCEPTED);
    f->service.running = 0;
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_TOO_LATE);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.cancels, 0);
    purchase_cancel(p);
    assert_int_equal(purchase_cancelled(p), CANCEL_TOO_LATE);
}

static void one_that_finishes_meanwhile(void **state)
{
    struct fixture *f = *state;
    f->service.cancelling = FINISHES_FIRST;
    struct purchase *p = running(f);
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_TOO_LATE);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.cancels, 1);
}

static void goes_on(struct fixture *f, enum cancelling how)
{
    f->service.cancelling = how;
    struct purchase *p = running(f);
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_false(purchase_settled(p));
    f->service.running = 0;
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.cancels, 1);
}

static void a_service_that_refuses(void **state)
{
    goes_on(*state, REFUSES_CANCEL);
}

// Nobody has cancelled it: that it is not shown for a moment means nothing.
static void one_that_is_not_shown_after_a_refusal(void **state)
{
    struct fixture *f = *state;
    f->service.cancelling = REFUSES_CANCEL;
    struct purchase *p = running(f);
    purchase_cancel(p);
    until_decided(f, p);
    f->service.missing = f->service.sales[0].polls + 1;
    f->service.running = 0;
    until_settled(f, p);
    assert_delivered(p);
}

static void a_service_that_only_says_yes(void **state)
{
    goes_on(*state, IGNORES_CANCEL);
}

static void a_service_that_is_silent(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = running(f);
    f->service.silent = true;
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_int_equal(f->service.cancels, 0);
    f->service.silent = false;
    purchase_cancel(p); // asked again
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
}

static void a_dialect_that_cannot(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = running(f);
    cannot = true;
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_non_null(strstr(f->warning, "not this one"));
    assert_false(purchase_settled(p));

    f->gateway.dialect = &test_dialect;
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_NOT_OFFERED);
    assert_false(purchase_settled(p));
}

static void one_that_waits_in_line(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.in_flight = 1;
    f->config.budget = 25000;
    start_engine(f);
    struct purchase *first = running(f), *p = buy(f, "a cliff");
    assert_int_equal(spent(f), 25000);
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
    assert_failure(p, "cancelled", ERR_NONE);
    assert_recorded(f, p, ATTEMPT_CANCELLED);
    assert_int_equal(spent(f), 25000); // as before
    f->service.running = 0;
    until_settled(f, first);
    assert_delivered(first);
    assert_int_equal(f->service.posts, 1);

    next_run(f);
    p = buy(f, "a cliff");
    assert_failure(p, "cancelled", ERR_NONE);
    assert_null(strstr(purchase_failure(p), "(none)"));
}

// A row that a dead run left; its price is reserved until then.
static void an_intent_of_a_dead_run(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.in_flight = 1;
    start_engine(f);
    f->service.manner = TOO_FAST;
    struct purchase *p = buy(f, "a cliff");
    until_state(f, p, ATTEMPT_SUBMITTING);
    until_state(f, p, ATTEMPT_INTENT);
    next_run(f);
    running(f);
    assert_int_equal(spent(f), 50000);
    p = buy(f, "a cliff");
    until_state(f, p, ATTEMPT_INTENT);
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
    assert_recorded(f, p, ATTEMPT_CANCELLED);
    assert_int_equal(spent(f), 25000);
}

// At every moment: cancelled and never sold, or sold and cancelled there.
static void at_every_moment(void **state)
{
    struct fixture *f = *state;
    for (int turns = 0; turns < 30; turns++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", turns);
        int posts = f->service.posts, n = f->service.n;
        int cancels = f->service.cancels;
        struct purchase *p = buy(f, prompt);
        for (int i = 0; i < turns && !purchase_settled(p); i++)
            turn_once(f);
        purchase_cancel(p);
        until_decided(f, p);
        assert_int_equal(purchase_cancelled(p), CANCEL_DONE);
        assert_recorded(f, p, ATTEMPT_CANCELLED);
        bool sold = f->service.posts > posts;
        assert_int_equal(f->service.n > n, sold);
        assert_int_equal(f->service.cancels - cancels, sold);
    }
    assert_in_range(f->service.n, 1, 29); // before and after
}

static void an_unknown_one_is_not_touched(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    f->config.unknown_wait_ms = DEADLINE_MS * 2;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_recorded(f, p, ATTEMPT_UNKNOWN);
}

static void one_of_another_run(void **state)
{
    struct fixture *f = *state;
    running(f);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct engine *theirs = f->engine;
    f->config.run = lock.id;
    start_engine(f);
    struct purchase *p = buy(f, "a pier");
    purchase_cancel(p);
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_int_equal(f->service.cancels, 0);
    engine_free(f->engine);
    run_lock_drop(&lock);
    f->engine = theirs;
}

// Another run buys it while it waits in our line: ours is cancelled, theirs is
// left alone.
static void one_that_another_run_takes(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.in_flight = 1;
    start_engine(f);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct purchase *first = running(f), *p = buy(f, "a cliff");
    struct engine *ours = f->engine;
    f->config.run = lock.id;
    start_engine(f);
    struct engine *theirs = f->engine;
    f->service.stuck = 2;
    until_state(f, buy(f, "a cliff"), ATTEMPT_RUNNING);

    f->engine = ours;
    purchase_cancel(p);
    f->service.running = 0;
    until_settled(f, first); // it is p's turn
    until_decided(f, p);
    assert_int_equal(purchase_cancelled(p), CANCEL_FAILED);
    assert_recorded(f, p, ATTEMPT_RUNNING);
    assert_false(purchase_settled(p));
    assert_int_equal(f->service.cancels, 0);
    engine_free(theirs);
    run_lock_drop(&lock);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup_cancel, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_running_one),
        EACH(one_that_is_gone_afterwards),
        EACH(one_that_ends_a_little_later),
        EACH(a_finished_one_is_kept),
        EACH(one_that_finishes_meanwhile),
        EACH(a_service_that_refuses),
        EACH(one_that_is_not_shown_after_a_refusal),
        EACH(a_service_that_only_says_yes),
        EACH(a_service_that_is_silent),
        EACH(a_dialect_that_cannot),
        EACH(one_that_waits_in_line),
        EACH(an_intent_of_a_dead_run),
        EACH(at_every_moment),
        EACH(an_unknown_one_is_not_touched),
        EACH(one_of_another_run),
        EACH(one_that_another_run_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
