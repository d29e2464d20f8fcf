// With a lock nothing is bought: what it names is fetched, all else is told.

#include "engine_test.h"

// A lock that knows purchases by their prompts.
struct locked_prompt {
    const char *prompt;
    struct engine_locked locked;
};
static struct locked_prompt prompts[2];

static const struct engine_locked *on_find(void *arg, const struct purchase *p,
                                           char **why)
{
    (void)arg;
    const char *prompt = value_get_text(purchase_request(p), "prompt");
    for (size_t i = 0; i < 2; i++)
        if (prompts[i].prompt && strcmp(prompts[i].prompt, prompt) == 0)
            return &prompts[i].locked;
    *why = xstrdup("seed 1 → 2");
    return NULL;
}

static const struct engine_lock lock = {.name = "r.lock.yaml", .find = on_find};

static void begin_locked(struct fixture *f, const struct engine_lock *with)
{
    end_run(f);
    begin_run(f);
    f->config.lock = with;
    start_engine(f);
}

static int setup_locked(void **state)
{
    if (setup(state) != 0)
        return -1;
    prompts[0] = (struct locked_prompt){"a pier", {.task_id = "task-1"}};
    prompts[1] = (struct locked_prompt){0};
    begin_locked(*state, &lock);
    return 0;
}

static void sold_elsewhere(struct fixture *f, int n)
{
    f->service.n = n;
}

static int64_t count_open(struct fixture *f)
{
    int64_t n;
    assert_true(ledger_count_open(f->ledger, "shop", NULL, &n, NULL));
    return n;
}

static void its_task_becomes_an_attempt_of_the_purchase(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_false(purchase_was_bought_now(p));
    assert_string_equal(purchase_task_id(p), "task-1");
    assert_int_equal(f->service.posts, 0);

    struct purchase_row row;
    bool found;
    assert_true(
        ledger_find(f->ledger, purchase_fingerprint(p), &row, &found, NULL));
    assert_true(found);
    assert_string_equal(row.route, "generate");
    assert_string_equal(row.cell, "cell");
    assert_non_null(strstr(row.request, "a pier"));
    assert_int_equal(row.attempt.price, -1);
    assert_string_equal(row.attempt.task_id, "task-1");
    purchase_row_free(&row);

    int requests = f->service.requests;
    begin_locked(f, NULL); // and without the lock it is there, too
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.requests, requests);
}

static void test_I5_what_is_not_in_the_lock_is_not_bought(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = buy(f, "a cliff");
    until_settled(f, p);
    assert_failure(p, "locked", ERR_NONE);
    assert_non_null(strstr(purchase_failure(p), "r.lock.yaml (seed 1 → 2)"));
    assert_int_equal(f->service.requests, 0);
    assert_int_equal(count_open(f), 0);
}

static void test_I5_nor_what_was_refused_or_failed_before(void **state)
{
    struct fixture *f = *state;
    struct recipe_retry retry = {
        .count = 3, .kinds = {"moderation"}, .n_kinds = 1};
    prompts[0].locked.task_id = NULL;
    begin_locked(f, NULL);
    f->service.ends = "failed";
    until_settled(f, buy(f, "a pier"));
    f->service.manner = REFUSES_KEY;
    prompts[1] = (struct locked_prompt){"a cliff", {.failed = "auth"}};
    until_settled(f, buy(f, "a cliff"));
    int posts = f->service.posts;

    f->service.manner = SELLS;
    end_run(f);
    begin_run(f);
    f->config.lock = &lock;
    f->config.retry = &retry;
    start_engine(f);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE); // as it is recorded
    p = buy(f, "a cliff");
    until_settled(f, p);
    assert_failure(p, "auth", ERR_NONE); // as the lock has it
    assert_int_equal(f->service.posts, posts);
}

static void test_I5_nor_what_a_killed_run_had_not_sent_yet(void **state)
{
    struct fixture *f = *state;
    begin_locked(f, NULL);
    net_server_free(f->service.server);
    f->service.server = NULL;
    struct purchase *p = buy(f, "a pier");
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (count_open(f) == 0 && !late)
        turn_once(f);
    loop_timer_free(timer);
    assert_false(late);
    end_run(f);
    service_listen(&f->service);
    snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d", f->service.port);
    begin_run(f);
    f->config.lock = &lock;
    start_engine(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "locked", ERR_NONE);
    assert_int_equal(f->service.posts, 0);
}

static void a_task_that_nobody_knows_is_not_recorded(void **state)
{
    struct fixture *f = *state;
    prompts[0].locked.task_id = "task-9";
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "locked", ERR_NONE);
    assert_non_null(strstr(purchase_failure(p), "task-9"));
    assert_int_equal(f->service.posts, 0);

    begin_locked(f, NULL); // and so the next run can buy it
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

static void a_task_that_failed_and_is_forgotten_has_failed(void **state)
{
    struct fixture *f = *state;
    prompts[0].locked = (struct engine_locked){"task-9", "moderation"};
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    assert_int_equal(f->service.posts, 0);
}

static void a_task_that_failed_is_recorded(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.ends = "failed";
    prompts[0].locked.failed = "moderation";
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    begin_locked(f, NULL); // and so it is not bought again
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    assert_int_equal(f->service.posts, 0);
}

static void a_task_of_another_purchase_is_refused(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    prompts[1] = (struct locked_prompt){"a cliff", {.task_id = "task-1"}};
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    struct purchase *q = buy(f, "a cliff");
    until_settled(f, q);
    assert_failure(q, "locked", ERR_NONE);
    assert_non_null(strstr(purchase_failure(q), "another purchase"));
    assert_int_equal(f->service.posts, 0);
}

// Another run began to buy it while the gateway was asked, and was killed.
static void what_another_run_has_begun_is_left_to_it(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    struct purchase *p = buy(f, "a pier");
    struct ledger_intent intent = {.fingerprint = purchase_fingerprint(p),
                                   .gateway = "shop",
                                   .route = "generate",
                                   .request = "{}",
                                   .recipe = "other",
                                   .run = "other",
                                   .token = "other-token",
                                   .take = 1,
                                   .price = -1,
                                   .budget = -1,
                                   .gateway_budget = -1};
    ledger_intend(f->ledger, &intent, NULL, NULL);
    until_settled(f, p);
    assert_failure(p, "locked", ERR_NONE);
    assert_non_null(strstr(purchase_failure(p), "not bought yet"));
    assert_int_equal(f->service.posts, 0);
}

static void what_failed_here_and_not_there_is_fetched(void **state)
{
    struct fixture *f = *state;
    begin_locked(f, NULL);
    f->service.ends = "failed";
    until_settled(f, buy(f, "a pier")); // as task-1
    f->service.ends = "succeeded";
    sold_elsewhere(f, 2);
    prompts[0].locked.task_id = "task-2";
    begin_locked(f, &lock);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_string_equal(purchase_task_id(p), "task-2");
    assert_int_equal(f->service.posts, 1);
}

static void a_killed_run_goes_on_with_it(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.running = 1000;
    until_state(f, buy(f, "a pier"), ATTEMPT_ACCEPTED);
    f->service.running = 0;
    begin_locked(f, NULL);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 0);
}

static void a_budget_without_a_price_does_not_matter(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.lock = &lock;
    f->config.budget = 0;
    start_engine(f);
    sold_elsewhere(f, 1);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
}

#define LOCKED(f) cmocka_unit_test_setup_teardown(f, setup_locked, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCKED(its_task_becomes_an_attempt_of_the_purchase),
        LOCKED(test_I5_what_is_not_in_the_lock_is_not_bought),
        LOCKED(test_I5_nor_what_was_refused_or_failed_before),
        LOCKED(test_I5_nor_what_a_killed_run_had_not_sent_yet),
        LOCKED(a_task_that_nobody_knows_is_not_recorded),
        LOCKED(a_task_that_failed_and_is_forgotten_has_failed),
        LOCKED(a_task_that_failed_is_recorded),
        LOCKED(a_task_of_another_purchase_is_refused),
        LOCKED(what_another_run_has_begun_is_left_to_it),
        LOCKED(what_failed_here_and_not_there_is_fetched),
        LOCKED(a_killed_run_goes_on_with_it),
        LOCKED(a_budget_without_a_price_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
