// Tasks that were bought elsewhere, and tasks that are read because somebody
// asks.

#include "engine_test.h"

// As if `n` tasks had been bought by hand.
static void sold_elsewhere(struct fixture *f, int n)
{
    f->service.n = n;
}

static struct purchase *adopt(struct fixture *f, const char *task_id)
{
    struct err err = {.kind = ERR_DEFECT};
    assert_null(engine_find_task(f->engine, &f->gateway, task_id, &err));
    assert_int_equal(err.kind, ERR_NONE);
    struct purchase *p = engine_adopt_task(f->engine, &f->gateway, task_id);
    assert_non_null(p);
    return p;
}

static int64_t count_open(struct fixture *f)
{
    int64_t n;
    assert_true(ledger_count_open(f->ledger, "shop", NULL, &n, NULL));
    return n;
}

static void a_task_bought_elsewhere(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.running = 2;
    struct purchase *p = adopt(f, "task-1");
    assert_false(purchase_answered(p));
    assert_ptr_equal(engine_adopt_task(f->engine, &f->gateway, "task-1"), p);
    until_state(f, p, ATTEMPT_RUNNING);
    assert_int_equal(count_open(f), 1);
    assert_string_equal(purchase_task_id(p), "task-1");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(purchase_price(p), -1);
    assert_false(purchase_was_bought_now(p));
    assert_true(purchase_arrival(p) > 0);
    assert_int_equal(value_count(purchase_request(p)), 0);
    assert_int_equal(f->service.posts, 0);

    struct purchase_row row;
    bool found;
    assert_true(
        ledger_find_task(f->ledger, "shop", "task-1", &row, &found, NULL));
    assert_true(found);
    assert_string_equal(row.route, "adopted");
    assert_string_equal(row.fingerprint, purchase_fingerprint(p));
    assert_int_equal(row.attempt.price, -1);
    purchase_row_free(&row);
}

static void it_counts_as_in_flight(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.in_flight = 1;
    start_engine(f);
    sold_elsewhere(f, 1);
    f->service.running = 3;
    struct purchase *p = adopt(f, "task-1");
    until_state(f, p, ATTEMPT_ACCEPTED);
    struct purchase *next = buy(f, "a pier");
    // What the service has ended makes room, before it is fetched.
    until_state(f, p, ATTEMPT_READY);
    assert_int_equal(f->service.posts, 0);
    until_settled(f, p);
    until_settled(f, next);
    assert_delivered(next);
}

static void a_later_run_finds_it(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    until_settled(f, adopt(f, "task-1"));
    int requests = f->service.requests;
    next_run(f);
    struct err err;
    struct purchase *p =
        engine_find_task(f->engine, &f->gateway, "task-1", &err);
    assert_non_null(p);
    assert_delivered(p);
    assert_string_equal(purchase_cell(p), "adopted");
    assert_int_equal(f->service.requests, requests);
}

// On disk before anything else is done with it.
static void a_killed_run_loses_no_adopted_task(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.running = 1000;
    until_state(f, adopt(f, "task-1"), ATTEMPT_ACCEPTED);
    f->service.running = 0;
    next_run(f);
    struct err err;
    struct purchase *p =
        engine_find_task(f->engine, &f->gateway, "task-1", &err);
    assert_non_null(p);
    until_settled(f, p);
    assert_delivered(p);
}

static void a_task_that_nobody_knows(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = adopt(f, "task-9");
    until_settled(f, p);
    assert_failure(p, "not_found", ERR_NONE);
    assert_true(f->service.polls > 1); // it might not be visible yet
    assert_int_equal(count_open(f), 0);
    next_run(f);
    struct err err = {.kind = ERR_DEFECT};
    assert_null(engine_find_task(f->engine, &f->gateway, "task-9", &err));
    assert_int_equal(err.kind, ERR_NONE);
}

static void a_task_that_is_not_visible_yet(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.missing = 2;
    struct purchase *p = adopt(f, "task-1");
    until_settled(f, p);
    assert_delivered(p);
}

static void a_task_that_failed(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    f->service.ends = "failed";
    struct purchase *p = adopt(f, "task-1");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    assert_null(strstr(purchase_failure(p), "--retry-failed"));
    next_run(f);
    struct err err;
    p = engine_find_task(f->engine, &f->gateway, "task-1", &err);
    assert_failure(p, "moderation", ERR_NONE);
    assert_null(strstr(purchase_failure(p), "--retry-failed"));
}

static void a_gateway_that_is_down(void **state)
{
    struct fixture *f = *state;
    net_server_free(f->service.server);
    f->service.server = NULL;
    struct purchase *p = adopt(f, "task-1");
    until_settled(f, p);
    assert_failure(p, "network", ERR_GATEWAY);
    assert_non_null(strstr(purchase_failure(p), "nothing was spent"));
    assert_int_equal(count_open(f), 0);
    service_listen(&f->service);
}

static void a_gateway_that_says_nothing(void **state)
{
    struct fixture *f = *state;
    f->service.silent = true;
    struct purchase *p = adopt(f, "task-1");
    until_settled(f, p);
    assert_failure(p, "network", ERR_GATEWAY);
    assert_int_equal(count_open(f), 0);
}

static void what_is_no_task_id(void **state)
{
    struct fixture *f = *state;
    char *wide = xmalloc(2000);
    memset(wide, 'x', 1999);
    wide[1999] = 0;
    const char *const ids[] = {"", "a\nb", "\x1b[2J", "\xff", wide};
    for (size_t i = 0; i < 5; i++) {
        struct purchase *p = adopt(f, ids[i]);
        assert_failure(p, "not_found", ERR_NONE);
        assert_null(strchr(purchase_failure(p), '\x1b'));
        assert_true(strlen(purchase_failure(p)) < 200);
    }
    engine_step(f->engine);
    assert_int_equal(f->service.requests, 0);
    free(wide);
}

static void nothing_is_asked_when_dry(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    struct purchase *p = adopt(f, "task-1");
    assert_failure(p, "not_found", ERR_NONE);
    engine_step(f->engine);
    assert_int_equal(f->service.requests, 0);
}

static void stopped_while_asking(void **state)
{
    struct fixture *f = *state;
    struct purchase *p = adopt(f, "task-9");
    while (f->service.polls == 0)
        turn_once(f);
    engine_stop(f->engine);
    until_settled(f, p);
    assert_failure(p, "stopped", ERR_NONE);
    p = engine_adopt_task(f->engine, &f->gateway, "task-8");
    assert_failure(p, "stopped", ERR_NONE);
}

// Another run records it between the look into the ledger and the row.
static void two_runs_adopt_one_task(void **state)
{
    struct fixture *f = *state;
    sold_elsewhere(f, 1);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct engine *mine = f->engine;
    struct purchase *p = adopt(f, "task-1");
    f->config.run = lock.id;
    start_engine(f);
    struct engine *theirs = f->engine;
    struct purchase *q = adopt(f, "task-1");
    while (!purchase_settled(p) || !purchase_settled(q)) {
        engine_step(mine);
        engine_step(theirs);
        loop_once(f->loop, true);
    }
    assert_delivered(p);
    assert_delivered(q);
    assert_int_equal(purchase_arrival(p), purchase_arrival(q));
    assert_int_equal(f->service.downloads, 1);
    engine_free(theirs);
    run_lock_drop(&lock);
    f->engine = mine;
}

// --- two who wait, and one who cannot
static void on_watch(struct engine_watch *watch)
{
    (void)watch;
}

static void two_wait_for_one_purchase(void **state)
{
    struct fixture *f = *state;
    f->service.running = 1;
    struct purchase *p = buy(f, "a pier");
    struct engine_watch a = {.fn = on_watch}, b = {.fn = on_watch};
    engine_watch(p, &a);
    engine_watch(buy(f, "a pier"), &b);
    until_state(f, p, ATTEMPT_RUNNING);
    engine_unwatch(&a);
    until_settled(f, p);
    assert_delivered(p);
    engine_unwatch(&b);
    assert_int_equal(f->service.posts, 1);
}

// --- reads
static void on_read(struct engine_watch *watch)
{
    watch->fn = NULL; // once is enough: then it would be called no more
}

static void until_read(struct fixture *f, struct purchase *p)
{
    struct engine_watch watch = {.fn = on_read};
    unsigned reads = purchase_reads(p);
    purchase_hasten(p);
    engine_watch(p, &watch);
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (purchase_reads(p) == reads && !late) {
        watch.fn = on_read;
        turn_once(f);
    }
    loop_timer_free(timer);
    assert_false(late);
    assert_null(watch.fn); // it was told
    engine_unwatch(&watch);
}

static void read_when_asked(void **state)
{
    struct fixture *f = *state;
    f->gateway.poll_min_ms = DEADLINE_MS * 10;
    f->service.running = 1000;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_ACCEPTED);
    assert_int_equal(f->service.polls, 0);
    until_read(f, p);
    assert_int_equal(f->service.polls, 1);
    until_state(f, p, ATTEMPT_RUNNING);
    until_read(f, p); // of which nothing changes
    assert_int_equal(f->service.polls, 2);
    f->service.silent = true;
    until_read(f, p);
    f->service.silent = false;
    f->service.running = 0;
    purchase_hasten(p);
    until_settled(f, p);
    assert_delivered(p);
    int polls = f->service.polls;
    until_read(f, p); // there is nothing to read any more
    assert_int_equal(f->service.polls, polls);
}

// What another run has is not asked for twice, and nobody waits for its end.
static void read_in_the_ledger(void **state)
{
    struct fixture *f = *state;
    f->gateway.poll_min_ms = DEADLINE_MS * 10;
    f->service.running = 1000;
    until_state(f, buy(f, "a pier"), ATTEMPT_ACCEPTED);
    struct run_lock lock;
    assert_true(run_lock_take(&lock, f->state, NULL));
    struct engine *theirs = f->engine;
    f->config.run = lock.id;
    start_engine(f);
    struct err err;
    struct purchase *p =
        engine_find_task(f->engine, &f->gateway, "task-1", &err);
    until_read(f, p);
    until_read(f, p);
    assert_int_equal(purchase_state(p), ATTEMPT_ACCEPTED);
    assert_int_equal(f->service.polls, 0);
    engine_free(f->engine);
    run_lock_drop(&lock);
    f->engine = theirs;
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_task_bought_elsewhere),
        EACH(it_counts_as_in_flight),
        EACH(a_later_run_finds_it),
        EACH(a_killed_run_loses_no_adopted_task),
        EACH(a_task_that_nobody_knows),
        EACH(a_task_that_is_not_visible_yet),
        EACH(a_task_that_failed),
        EACH(a_gateway_that_is_down),
        EACH(a_gateway_that_says_nothing),
        EACH(what_is_no_task_id),
        EACH(nothing_is_asked_when_dry),
        EACH(stopped_while_asking),
        EACH(two_runs_adopt_one_task),
        EACH(two_wait_for_one_purchase),
        EACH(read_when_asked),
        EACH(read_in_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
