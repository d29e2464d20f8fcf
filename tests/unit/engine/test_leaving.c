// What a run lets go of, and how many exchanges it has at once.

#include "engine/inside.h"
#include "engine_test.h"
#include "recipe/recipe.h"

static void restart_with(struct fixture *f, bool lets_go, int in_flight)
{
    end_run(f);
    begin_run(f);
    f->config.lets_go = lets_go;
    f->config.in_flight = in_flight;
    start_engine(f);
}

static struct purchase *bought_and_dropped(struct fixture *f,
                                           const char *prompt)
{
    struct purchase *p = buy(f, prompt);
    purchase_keep(p);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->engine->held, 1); // as long as it is kept
    purchase_drop(p);
    engine_step(f->engine);
    return p;
}

static void what_is_delivered_and_dropped_leaves(void **state)
{
    struct fixture *f = *state;
    restart_with(f, true, 4);
    bought_and_dropped(f, "a pier");
    assert_int_equal(f->engine->held, 0);
    assert_null(f->engine->all);
    assert_int_equal(f->engine->awaited, 0);
}

static void test_I5_asking_again_buys_nothing(void **state)
{
    struct fixture *f = *state;
    restart_with(f, true, 4);
    bought_and_dropped(f, "a pier");
    for (int i = 0; i < 3; i++) {
        bought_and_dropped(f, "a pier");
        assert_int_equal(f->service.posts, 1);
        assert_int_equal(f->shared, 1); // said once
    }
}

static void what_failed_stays(void **state)
{
    struct fixture *f = *state;
    restart_with(f, true, 4);
    f->engine->config.retry_failed = true;
    f->service.ends = "failed";
    struct purchase *p = buy(f, "a pier");
    purchase_keep(p);
    until_settled(f, p);
    assert_non_null(purchase_failure_kind(p));
    purchase_drop(p);
    engine_step(f->engine);
    assert_ptr_equal(buy(f, "a pier"), p);
    assert_int_equal(f->service.posts, 1);
}

// Its first task fails.
static bool fails_the_first(struct service *s, struct net_call *call)
{
    bool first = strcmp(net_call_path(call), "/task/task-1") == 0;
    if (first)
        say(call, 200, "{\"status\":\"failed\"}");
    s->polls += first;
    return first;
}

// Whatever led to it leads to nothing once it has left: what its last attempts
// were called too.
static void what_left_is_found_by_no_name(void **state)
{
    static const struct recipe_retry once = {.count = 1};
    struct fixture *f = *state;
    restart_with(f, true, 4);
    f->engine->config.retry = &once;
    f->service.other = fails_the_first;
    bought_and_dropped(f, "a pier");
    assert_int_equal(f->service.posts, 2);
    assert_int_equal(f->engine->held, 0);
    assert_int_equal(f->engine->by_fingerprint.n, 0);
    assert_int_equal(f->engine->by_task.n, 0);
    assert_int_equal(f->engine->by_token.n, 0);
    struct err err;
    struct purchase *p =
        engine_find_task(f->engine, &f->gateway, "task-1", &err);
    assert_non_null(p); // by the ledger
    assert_delivered(p);
    for (int i = 0; i < 2; i++)
        call_back(f, f->service.sales[i].callback_url, "{}");
    assert_int_equal(f->service.posts, 2);
}

static void without_leave_all_stay(void **state)
{
    struct fixture *f = *state;
    restart_with(f, false, 4);
    struct purchase *p = bought_and_dropped(f, "a pier");
    assert_int_equal(f->engine->held, 1);
    assert_delivered(p);
}

static void exchanges_wait_in_lines(void **state)
{
    enum { N = SUBMITS_MAX + 20 };
    struct fixture *f = *state;
    restart_with(f, false, N);
    struct purchase *of[N];
    for (int i = 0; i < N; i++) {
        char *prompt = xasprintf("pier %d", i);
        of[i] = buy(f, prompt);
        free(prompt);
    }
    const struct gate *gate = f->engine->gates;
    size_t most = 0, polls = 0, fetches = 0;
    for (int left = N; left > 0;) {
        turn_once(f);
        most = gate->n_submitting > most ? gate->n_submitting : most;
        polls = gate->n_polling > polls ? gate->n_polling : polls;
        fetches =
            f->engine->n_fetching > fetches ? f->engine->n_fetching : fetches;
        assert_true(gate->pace.own <= N);
        left = 0;
        for (int i = 0; i < N; i++)
            left += !purchase_settled(of[i]);
    }
    assert_int_equal(most, SUBMITS_MAX);
    assert_in_range(polls, 1, POLLS_MAX);
    assert_in_range(fetches, 2, FETCHES_MAX);
    assert_int_equal(gate->n_submitting + gate->n_polling, 0);
    assert_int_equal(f->engine->n_fetching + f->engine->n_keeping, 0);
    assert_int_equal(gate->pace.own, 0);
    assert_int_equal(f->service.posts, N);
}

// Put away while it waits, it is sent as it was ordered; the others are let go
// of as they are.
static void a_long_line_is_put_away(void **state)
{
    enum { N = 1600, FEW = 3 };
    struct fixture *f = *state;
    restart_with(f, false, 1);
    struct purchase *of[N];
    for (int i = 0; i < N; i++) {
        char *prompt = xasprintf("pier %d", i);
        of[i] = buy(f, prompt);
        free(prompt);
    }
    turn_once(f);
    assert_non_null(of[FEW]->packed);
    assert_null(of[FEW]->request);
    assert_non_null(of[N - 1]->packed);
    for (int i = 0; i <= FEW; i++)
        until_settled(f, of[i]);
    assert_delivered(of[FEW]);
    assert_true(f->service.posts > FEW);
    char *last = xasprintf("\"pier %d\"", f->service.posts - 1);
    assert_non_null(strstr(f->service.body, last));
    free(last);
    engine_stop(f->engine);
    until_settled(f, of[N - 1]);
    assert_failure(of[N - 1], "stopped", ERR_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_delivered_and_dropped_leaves),
        TEST(test_I5_asking_again_buys_nothing),
        TEST(what_failed_stays),
        TEST(what_left_is_found_by_no_name),
        TEST(without_leave_all_stay),
        TEST(exchanges_wait_in_lines),
        TEST(a_long_line_is_put_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
