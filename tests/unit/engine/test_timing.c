// Polls that are hastened, and saved, by callbacks.

#include "engine/calls.h"
#include "engine/gate.h"
#include "engine/inside.h"
#include "engine_test.h"

#define N 10
#define WAVE 20
#define LEAST_MS 100 // between two polls of one task, of a service nearby
#define LEARNED 5    // tasks that say how long one takes

static void turn_for(struct fixture *f, int64_t ms)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, ms);
    while (!late)
        turn_once(f);
    loop_timer_free(timer);
}

static bool submit_untold(void *ctx, const char *route,
                          const struct value *request,
                          const struct dialect_ctx *gateway,
                          struct dialect_call *call, struct err *err)
{
    bool ok = test_submit(ctx, route, request, gateway, call, err);
    value_remove(call->body, "callback_url");
    return ok;
}

static bool cancel_one(void *ctx, const char *task_id,
                       const struct dialect_ctx *gateway,
                       struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)gateway, (void)err;
    call->method = xstrdup("DELETE");
    call->path = xasprintf("/task/%s", task_id);
    return true;
}

static struct purchase *buy_nth(struct fixture *f, int n)
{
    char prompt[32];
    snprintf(prompt, sizeof(prompt), "pier %d", n);
    return buy(f, prompt);
}

static const char *url_of(const struct fixture *f, const struct purchase *p)
{
    const char *task = purchase_task_id(p) + strlen("task-");
    return f->service.sales[strtol(task, NULL, 10) - 1].callback_url;
}

static void deliver(struct fixture *f, const struct purchase *p)
{
    until_state(f, p, ATTEMPT_ACCEPTED);
    call_back(f, url_of(f, p), "{}");
    until_settled(f, p);
    assert_delivered(p);
}

// After the first, its callbacks are known to come.
static void learn(struct fixture *f, int n)
{
    static int bought = 1000;
    for (int i = 0; i < n; i++)
        deliver(f, buy_nth(f, bought++));
}

static void begin(struct fixture *f)
{
    end_run(f);
    begin_run(f);
    f->config.in_flight = N + 1;
    start_engine(f);
}

static void one_poll_a_task(void **state)
{
    struct fixture *f = *state;
    begin(f);
    learn(f, 1);
    f->service.running = 1000;
    struct purchase *of[N];
    for (int i = 0; i < N; i++)
        of[i] = buy_nth(f, i);
    for (int i = 0; i < N; i++)
        until_state(f, of[i], ATTEMPT_ACCEPTED);
    int polls = f->service.polls;
    turn_for(f, 5 * LEAST_MS);
    assert_int_equal(f->service.polls, polls);
    f->service.running = 0;
    for (int i = 0; i < N; i++)
        call_back(f, url_of(f, of[i]), "{}");
    for (int i = 0; i < N; i++) {
        until_settled(f, of[i]);
        assert_delivered(of[i]);
    }
    assert_int_equal(f->service.polls, polls + N);
}

// Nothing is known of its callbacks: it is asked as if there were none.
static void trusted_only_once_one_came(void **state)
{
    struct fixture *f = *state;
    begin(f);
    f->service.running = 3;
    struct purchase *p = buy_nth(f, 1);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.polls, 4);
    f->service.running = 1000;
    struct purchase *other = buy_nth(f, 2);
    until_state(f, other, ATTEMPT_RUNNING);
    assert_int_equal(f->service.polls, 5);
}

static int asked(const struct fixture *f, const struct purchase *p)
{
    const char *task = purchase_task_id(p) + strlen("task-");
    return f->service.sales[strtol(task, NULL, 10) - 1].polls;
}

static int count_asked(const struct fixture *f, struct purchase **of, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += asked(f, of[i]) > 0;
    return count;
}

static void buy_wave(struct fixture *f, struct purchase **of, int n)
{
    end_run(f);
    begin_run(f);
    f->config.in_flight = n;
    start_engine(f);
    f->service.running = 1000;
    for (int i = 0; i < n; i++)
        of[i] = buy_nth(f, i);
    for (int i = 0; i < n; i++)
        while (!purchase_task_id(of[i]))
            turn_once(f);
    turn_for(f, 4 * LEAST_MS);
}

static void a_wave_sends_scouts(void **state)
{
    struct fixture *f = *state;
    struct purchase *of[WAVE];
    buy_wave(f, of, WAVE);
    assert_int_equal(count_asked(f, of, WAVE), CALLS_SCOUTS);
    f->service.running = 0;
    for (int i = WAVE - 1; i >= 0; i--)
        call_back(f, url_of(f, of[i]), "{}");
    for (int i = 0; i < WAVE; i++) {
        until_settled(f, of[i]);
        assert_delivered(of[i]);
        assert_true(i < CALLS_SCOUTS || asked(f, of[i]) == 1);
    }
}

// No callback comes: once the first of them is done, nobody waits for his.
static void a_wave_without_callbacks(void **state)
{
    struct fixture *f = *state;
    struct purchase *of[WAVE];
    buy_wave(f, of, WAVE);
    f->service.running = 0;
    int64_t began = clock_mono_ms(&clock_system);
    for (int i = 0; i < WAVE; i++)
        until_settled(f, of[i]);
    // Well before their patience ends, which is 20 s.
    assert_true(clock_mono_ms(&clock_system) - began < 4000);
    for (int i = CALLS_SCOUTS; i < WAVE; i++)
        assert_int_equal(asked(f, of[i]), 1);
}

// The answer of a poll and the callback may cross.
static void a_callback_may_be_late(void **state)
{
    struct fixture *f = *state;
    struct purchase *of[WAVE];
    buy_wave(f, of, WAVE);
    f->service.running = 0;
    until_settled(f, of[0]);
    f->service.running = 1000;
    for (int i = 0; i < CALLS_SCOUTS; i++)
        call_back(f, url_of(f, of[i]), "{}");
    turn_for(f, 10 * LEAST_MS); // its grace is over
    assert_true(count_asked(f, of, WAVE) <= CALLS_SCOUTS);
}

// A scout that settles, and tells nothing, is replaced.
static void scouts_are_replaced(void **state)
{
    struct fixture *f = *state;
    static struct dialect cancels;
    cancels = test_dialect;
    cancels.cancel = cancel_one;
    f->gateway.dialect = &cancels;
    struct purchase *of[WAVE];
    buy_wave(f, of, WAVE);
    purchase_cancel(of[0]);
    purchase_cancel(of[WAVE - 1]); // which is none
    until_settled(f, of[0]);
    until_settled(f, of[WAVE - 1]);
    turn_for(f, 4 * LEAST_MS);
    assert_int_equal(count_asked(f, of, WAVE - 1), CALLS_SCOUTS + 1);
}

// A service that is not told our address will not call it.
static void untold_is_asked_for(void **state)
{
    struct fixture *f = *state;
    static struct dialect untold;
    untold = test_dialect;
    untold.submit = submit_untold;
    f->gateway.dialect = &untold;
    struct purchase *of[WAVE];
    buy_wave(f, of, WAVE);
    assert_int_equal(count_asked(f, of, WAVE), WAVE);
}

// Word that it goes on is no reason to ask.
static void news_cost_nothing(void **state)
{
    struct fixture *f = *state;
    begin(f);
    learn(f, 1);
    f->service.running = 1000;
    struct purchase *p = buy_nth(f, 1);
    until_state(f, p, ATTEMPT_ACCEPTED);
    int polls = f->service.polls;
    for (int i = 0; i < 4; i++)
        call_back(f, url_of(f, p), "{\"status\":\"running\",\"progress\":0.5}");
    turn_for(f, 3 * LEAST_MS);
    assert_int_equal(f->service.polls, polls);
}

// Where callbacks came at the end alone, the first word of progress is found
// out by asking, and no other.
static void news_after_many_ends_cost_one_poll(void **state)
{
    static const char body[] = "{\"status\":\"running\",\"progress\":0.5}";
    struct fixture *f = *state;
    begin(f);
    learn(f, 1);
    f->engine->gates->calls.ends = CALLS_READ;
    f->service.running = 1000;
    struct purchase *p = buy_nth(f, 1);
    until_state(f, p, ATTEMPT_ACCEPTED);
    int polls = f->service.polls;
    call_back(f, url_of(f, p), body);
    until_state(f, p, ATTEMPT_RUNNING);
    for (int i = 0; i < 4; i++)
        call_back(f, url_of(f, p), body);
    turn_for(f, 3 * LEAST_MS);
    assert_int_equal(f->service.polls, polls + 1);
}

// Thousands may wait for their downloads at once.
static void what_has_said_all_is_not_kept(void **state)
{
    struct fixture *f = *state;
    begin(f);
    learn(f, 1);
    f->engine->gates->calls.ends = CALLS_READ; // nor is it read any more
    f->service.running = 1000;
    struct purchase *p = buy_nth(f, 1);
    until_state(f, p, ATTEMPT_ACCEPTED);
    f->service.running = 0;
    call_back(f, url_of(f, p), "{\"status\":\"done\"}");
    until_state(f, p, ATTEMPT_READY);
    assert_null(p->heard);
    until_settled(f, p);
    assert_delivered(p);
}

static void a_lost_callback_ends_the_trust(void **state)
{
    struct fixture *f = *state;
    begin(f);
    learn(f, LEARNED);
    int polls = f->service.polls;
    assert_int_equal(polls, LEARNED);
    struct purchase *lost = buy_nth(f, 1);
    until_settled(f, lost); // it was late, and asked for
    assert_delivered(lost);
    assert_int_equal(f->service.polls, polls + 1);
    f->service.running = 3;
    struct purchase *next = buy_nth(f, 2);
    until_settled(f, next);
    assert_delivered(next);
    assert_int_equal(f->service.polls, polls + 5);
    f->service.running = 0;
    learn(f, LEARNED + 1); // they come again
    polls = f->service.polls;
    f->service.running = 1000;
    struct purchase *last = buy_nth(f, 3);
    until_state(f, last, ATTEMPT_ACCEPTED);
    assert_int_equal(f->service.polls, polls);
}

// Who has the token may not make us ask more often than we ever would.
static void forged_ones_are_bounded(void **state)
{
    struct fixture *f = *state;
    begin(f);
    learn(f, 1);
    f->service.running = 1000;
    struct purchase *p = buy_nth(f, 1);
    until_state(f, p, ATTEMPT_ACCEPTED);
    int polls = f->service.polls;
    int64_t began = clock_mono_ms(&clock_system);
    for (int i = 0; i < 40; i++)
        call_back(f, url_of(f, p), "{\"status\":\"succeeded\",\"url\":\"\"}");
    turn_for(f, 5 * LEAST_MS);
    int64_t took = clock_mono_ms(&clock_system) - began;
    assert_true(f->service.polls > polls);
    assert_true(f->service.polls <= polls + 1 + took / LEAST_MS);
    assert_false(purchase_settled(p));
}

// The first callback of a task is followed at once. Of some tries one, since
// this machine may be busy.
static void is_asked_at_once(void **state)
{
    struct fixture *f = *state;
    begin(f);
    f->gateway.poll_min_ms = DEADLINE_MS * 10;
    int64_t best = DEADLINE_MS;
    for (int i = 0; i < 8 && best >= LEAST_MS / 2; i++) {
        struct purchase *p = buy_nth(f, i);
        until_state(f, p, ATTEMPT_ACCEPTED);
        int64_t began = clock_mono_ms(&clock_system);
        int polls = f->service.polls;
        call_back(f, url_of(f, p), "{}");
        while (f->service.polls == polls)
            turn_once(f);
        int64_t took = clock_mono_ms(&clock_system) - began;
        best = took < best ? took : best;
        until_settled(f, p);
    }
    assert_true(best < LEAST_MS / 2);
}

// How long it took is in the ledger, for the next run.
static void on_took(void *arg, const struct ledger_took *took)
{
    struct ledger_took *newest = arg;
    *newest = *took;
}

static struct ledger_took newest(struct fixture *f)
{
    struct ledger_kind kind = {"shop", "generate", NULL, 5};
    struct ledger_took took = {-1, -1};
    assert_true(ledger_took_each(f->ledger, &kind, on_took, &took, NULL));
    return took;
}

static void what_it_took_is_kept(void **state)
{
    struct fixture *f = *state;
    f->service.running = 2;
    until_settled(f, buy_nth(f, 1));
    struct ledger_took took = newest(f);
    assert_true(took.least >= LEAST_MS && took.most >= took.least + LEAST_MS);
    f->service.running = 0;
    until_settled(f, buy_nth(f, 2));
    took = newest(f);
    assert_int_equal(took.least, 0);
    assert_true(took.most >= LEAST_MS);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(one_poll_a_task),
        EACH(trusted_only_once_one_came),
        EACH(news_cost_nothing),
        EACH(what_has_said_all_is_not_kept),
        EACH(a_lost_callback_ends_the_trust),
        EACH(forged_ones_are_bounded),
        EACH(is_asked_at_once),
        EACH(what_it_took_is_kept),
        EACH(a_wave_sends_scouts),
        EACH(a_wave_without_callbacks),
        EACH(a_callback_may_be_late),
        EACH(scouts_are_replaced),
        EACH(untold_is_asked_for),
        EACH(news_after_many_ends_cost_one_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
