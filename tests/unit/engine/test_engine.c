// One purchase after another through the whole engine.

#include "engine_test.h"

static void delivers(void **state)
{
    struct fixture *f = *state;
    f->service.running = 2;
    struct purchase *p = buy(f, "a pier");
    assert_false(purchase_answered(p));
    until_settled(f, p);
    assert_delivered(p);
    assert_true(purchase_was_bought_now(p));
    assert_string_equal(purchase_task_id(p), "task-1");
    assert_int_equal(purchase_price(p), 25000);
    assert_true(purchase_clip(p, 0)->seconds == 5.0);
    const struct clip_row *clip = purchase_clip(p, 0);
    assert_true(store_has(f->store, clip->sha256, clip->ext, clip->size));
    assert_string_equal(f->service.authorization, "Bearer secret");
    assert_false(f->service.clip_had_key);
    assert_int_equal(f->keys, 1);
    assert_true(
        text_starts(f->service.sales[0].callback_url, "http://127.0.0.1:"));
    assert_non_null(strstr(f->service.sales[0].callback_url, "/cb/"));
}

static void second_run_buys_nothing(void **state)
{
    struct fixture *f = *state;
    until_settled(f, buy(f, "a pier"));
    int requests = f->service.requests;
    next_run(f);
    struct purchase *p = buy(f, "a pier");
    assert_true(purchase_settled(p)); // at once
    assert_delivered(p);
    assert_false(purchase_was_bought_now(p));
    engine_step(f->engine);
    assert_int_equal(f->service.requests, requests);
    assert_int_equal(f->keys, 1);
    struct err err = {.kind = ERR_DEFECT};
    assert_ptr_equal(engine_find_task(f->engine, &f->gateway, "task-1", &err),
                     p);
    assert_null(engine_find_task(f->engine, &f->gateway, "task-9", &err));
    assert_int_equal(err.kind, ERR_NONE);
}

static void lost_file_is_fetched_again(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    char *path = store_path(f->store, purchase_clip(p, 0)->sha256, "mp4");
    assert_int_equal(unlink(path), 0);
    int64_t id = purchase_clip(p, 0)->id;
    next_run(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(purchase_clip(p, 0)->id, id);
    assert_int_equal(f->service.n, 1);
    assert_true(path_exists(path));
    free(path);
}

static void same_order_is_one_purchase(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = buy(f, "a pier");
    assert_ptr_equal(buy(f, "a pier"), p);
    assert_ptr_equal(buy(f, "a pier"), p);
    assert_int_equal(f->shared, 1);
    struct purchase *other = buy(f, "a cliff");
    assert_ptr_not_equal(other, p);
    until_settled(f, p);
    until_settled(f, other);
    assert_delivered(p);
    assert_delivered(other);
    assert_int_equal(f->service.posts, 2);
}

static void lost_answer_is_never_sent_again(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_int_equal(f->service.n, 1);

    f->service.manner = SELLS;
    next_run(f);
    p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(f->service.posts, 1);
}

static void proxy_page_is_unknown(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_FAILS;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(f->service.posts, 1);
}

static void callback_settles_unknown(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.unknown_wait_ms = DEADLINE_MS * 2;
    start_engine(f);
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    const char *url = f->service.sales[0].callback_url;
    // Not taken for delivered before the task_id is on disk.
    assert_int_equal(call_back(f, url, "{\"task_id\":\"task-1\"}"), 503);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(call_back(f, url, "{\"task_id\":\"task-1\"}"), 200);
    assert_string_equal(purchase_task_id(p), "task-1");
    assert_int_equal(f->service.posts, 1);

    char *wrong = xstrdup(url);
    char *last = &wrong[strlen(wrong) - 1];
    *last = *last == '0' ? '1' : '0';
    assert_int_equal(call_back(f, wrong, "{}"), 404);
    free(wrong);
}

// The callback comes to a later run, on the port of the one that died.
static void callback_reaches_next_run(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
    end_run(f);
    begin_run(f);
    f->config.unknown_wait_ms = DEADLINE_MS * 2;
    start_engine(f);
    struct purchase *p = buy(f, "a pier");
    while (purchase_state(p) != ATTEMPT_UNKNOWN)
        turn_once(f);
    engine_step(f->engine);
    until_heard(f, f->service.sales[0].callback_url,
                "{\"task_id\":\"task-1\"}");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

// Nobody orders it again, and it is fetched all the same.
static void callback_of_a_dead_run(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
    f->service.manner = SELLS;
    f->service.stuck = 2;
    next_run(f);
    until_state(f, buy(f, "a cliff"), ATTEMPT_RUNNING);
    call_back(f, f->service.sales[0].callback_url, "{\"task_id\":\"task-1\"}");
    struct purchase *p = NULL;
    while (!(p = engine_find_task(f->engine, &f->gateway, "task-1", NULL)))
        turn_once(f);
    until_settled(f, p);
    assert_delivered(p);
    assert_string_equal(value_get_text(purchase_request(p), "prompt"),
                        "a pier");
    assert_int_equal(f->service.posts, 2);
}

// A run that does not know the gateway cannot ask it: the service is to say it
// again, to one that does.
static void callback_to_the_wrong_run(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"task_id\":\"task-1\"}";
    static char other[] = "another shop";
    f->service.manner = SELLS_AND_CLOSES;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
    f->service.manner = SELLS;
    f->service.stuck = 2;
    char *name = f->gateway.identity;
    f->gateway.identity = other;
    next_run(f);
    until_state(f, buy(f, "a cliff"), ATTEMPT_RUNNING);
    const char *url = f->service.sales[0].callback_url;
    assert_int_equal(call_back(f, url, body), 503);

    f->gateway.identity = name;
    next_run(f);
    struct purchase *p = buy(f, "a pier");
    until_heard(f, url, body);
    until_settled(f, p);
    assert_delivered(p);
}

// Its owner ends while another run looks on: that one hears on its port too.
static void callback_to_a_port_of_the_dead(void **state)
{
    struct fixture *f = *state;
    f->service.stuck = 1;
    f->config.unknown_wait_ms = DEADLINE_MS * 2;
    until_state(f, buy(f, "a cliff"), ATTEMPT_RUNNING);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct engine *mine = f->engine;
    f->config.run = lock.id;
    start_engine(f);
    struct engine *theirs = f->engine;
    f->service.manner = SELLS_AND_CLOSES;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
    f->engine = mine;
    struct purchase *p = buy(f, "a pier");
    engine_free(theirs);
    run_lock_drop(&lock);
    until_heard(f, f->service.sales[1].callback_url,
                "{\"task_id\":\"task-2\"}");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
}

static void callback_names_a_task_of_another(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.unknown_wait_ms = DEADLINE_MS * 2;
    start_engine(f);
    until_settled(f, buy(f, "a cliff"));
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    const char *url = f->service.sales[1].callback_url;
    call_back(f, url, "{\"task_id\":\"task-1\"}");
    int polls = f->service.polls;
    while (f->service.polls == polls)
        turn_once(f);
    until_heard(f, url, "{\"task_id\":\"task-2\"}");
    until_settled(f, p);
    assert_delivered(p);
    assert_string_equal(purchase_task_id(p), "task-2");
}

static void callback_saves_the_wait(void **state)
{
    struct fixture *f = *state;
    f->gateway.poll_min_ms = DEADLINE_MS * 10;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_ACCEPTED);
    call_back(f, f->service.sales[0].callback_url, "{}");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.polls, 1);
}

static void callback_is_only_a_hint(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    call_back(f, f->service.sales[0].callback_url,
              "{\"task_id\":\"task-7\",\"status\":\"succeeded\"}");
    int polls = f->service.polls;
    while (f->service.polls == polls)
        turn_once(f);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
}

static void killed_run_is_finished(void **state)
{
    struct fixture *f = *state;
    f->service.running = 1000;
    until_state(f, buy(f, "a pier"), ATTEMPT_RUNNING);
    f->service.running = 0;
    next_run(f);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_false(purchase_was_bought_now(p));
    assert_int_equal(f->service.posts, 1);
}

// Freed at every moment of a purchase's life, and finished by the next run.
static void freed_anywhere(void **state)
{
    struct fixture *f = *state;
    for (int turns = 0; turns < 40; turns++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", turns);
        f->service.posts = 0;
        struct purchase *p = buy(f, prompt);
        for (int i = 0; i < turns && !purchase_settled(p); i++)
            turn_once(f);
        bool done = purchase_settled(p);
        next_run(f);
        p = buy(f, prompt);
        until_settled(f, p);
        if (purchase_state(p) != ATTEMPT_UNKNOWN)
            assert_delivered(p);
        assert_in_range(f->service.posts, 0, 1);
        if (done)
            break;
    }
}

static void dry_engine_buys_nothing(void **state)
{
    struct fixture *f = *state;
    until_settled(f, buy(f, "a pier"));
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    int requests = f->service.requests;
    struct purchase *bought = buy(f, "a pier"), *not = buy(f, "a cliff");
    assert_true(purchase_settled(bought));
    until_settled(f, not );
    assert_false(purchase_was_bought_now(bought));
    assert_true(purchase_was_bought_now(not ));
    assert_true(purchase_clip(not, 0)->seconds == 5.0);
    assert_int_equal(purchase_price(not ), 25000);
    assert_non_null(purchase_task_id(not ));
    engine_step(f->engine);
    assert_int_equal(f->service.requests, requests);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(delivers),
        EACH(second_run_buys_nothing),
        EACH(lost_file_is_fetched_again),
        EACH(same_order_is_one_purchase),
        EACH(lost_answer_is_never_sent_again),
        EACH(proxy_page_is_unknown),
        EACH(callback_settles_unknown),
        EACH(callback_reaches_next_run),
        EACH(callback_of_a_dead_run),
        EACH(callback_to_the_wrong_run),
        EACH(callback_to_a_port_of_the_dead),
        EACH(callback_names_a_task_of_another),
        EACH(callback_saves_the_wait),
        EACH(callback_is_only_a_hint),
        EACH(killed_run_is_finished),
        EACH(freed_anywhere),
        EACH(dry_engine_buys_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
