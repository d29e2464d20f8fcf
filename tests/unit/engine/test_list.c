// What a service's list of tasks settles, and what it does not.

#include "listing.h"

#define MINUTE 61000

// --- runs
static struct dialect with_list;

static int open_shop(void **state)
{
    int failed = setup(state);
    struct fixture *f = *state;
    memset(&shop, 0, sizeof(shop));
    shop.uptime_ms = -1;
    wall_by = mono_by = 0;
    with_list = test_dialect;
    with_list.list = list;
    with_list.listed = listed;
    f->gateway.dialect = &with_list;
    f->service.other = serve_other;
    return failed;
}

static int close_shop(void **state)
{
    free(shop.lost);
    return teardown(state);
}

static void later(struct fixture *f, int64_t ms)
{
    end_run(f);
    begin_run(f);
    wall_by = ms;
    f->config.clock = &moved;
    f->config.unknown_wait_ms = DEADLINE_MS / 2;
    start_engine(f);
}

static void next_run_later(struct fixture *f, int64_t ms)
{
    ledger_run_end(f->ledger, f->lock.id, 6, clock_wall_ms(&clock_system), NULL,
                   NULL);
    later(f, ms);
}

// A POST of which nobody hears.
static void lose(struct fixture *f)
{
    shop.loses = true;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
}

static void until_lists(struct fixture *f, int n)
{
    bool late = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &late);
    loop_timer_start(timer, DEADLINE_MS);
    while (shop.lists < n && !late)
        turn_once(f);
    loop_timer_free(timer);
    assert_false(late);
}

static void turn_for(struct fixture *f, int64_t ms)
{
    bool over = false;
    struct loop_timer *timer = loop_timer_new(f->loop, on_late, &over);
    loop_timer_start(timer, ms);
    while (!over)
        turn_once(f);
    loop_timer_free(timer);
}

// --- a row names it
static void test_I3_a_row_names_its_task(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

static void test_I3_one_reading_serves_all(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    struct purchase *all[2 * PAGE + 1];
    size_t n = sizeof(all) / sizeof(all[0]);
    for (size_t i = 0; i < n; i++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "a pier %zu", i);
        all[i] = buy(f, prompt);
        until_state(f, all[i], ATTEMPT_UNKNOWN);
    }
    next_run(f);
    shop.lists = 0;
    for (size_t i = 0; i < n; i++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "a pier %zu", i);
        all[i] = buy(f, prompt);
    }
    for (size_t i = 0; i < n; i++) {
        until_settled(f, all[i]);
        assert_delivered(all[i]);
    }
    assert_int_equal(f->service.posts, (int)n);
    assert_in_range(shop.lists, 1, 3);
}

static void test_I3_a_row_is_believed_only_after_a_poll(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    f->service.missing = 1000; // it lists what it does not know
    struct purchase *p = buy(f, "a pier");
    until_lists(f, 1);
    turn_for(f, 500);
    assert_true(f->service.polls > 0);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_null(purchase_task_id(p));
    assert_int_equal(f->service.posts, 1);
}

// --- it is on no row
static void test_I3_two_whole_lists_a_minute_later(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run_later(f, MINUTE);
    shop.lists = 0;
    shop.loses = false;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(shop.lists, 2);
    assert_true(shop.at[1] - shop.at[0] >= 2000);
    assert_int_equal(f->service.posts, 2);
    assert_int_equal(f->service.n, 1);
}

static void test_I3_the_minute_of_our_own_post(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.clock = &moved;
    start_engine(f);
    lose(f);
    struct purchase *p = buy(f, "a pier"); // the same
    until_lists(f, 2);                     // neither of which proves it
    turn_for(f, 100);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_non_null(f->warning);
    assert_non_null(strstr(f->warning, "its list of tasks will tell"));
    mono_by = MINUTE;
    shop.loses = false;
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
    assert_int_equal(f->service.n, 1);
}

static void not_sent_again(struct fixture *f, int lists)
{
    shop.lists = 0;
    shop.loses = false;
    struct purchase *p = buy(f, "a pier");
    until_lists(f, lists);
    turn_for(f, 100);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_int_equal(f->service.posts, 1);
}

static void test_I3_too_young_to_be_missing(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run_later(f, 30000);
    not_sent_again(f, 3);
}

static void test_I3_a_clock_that_stepped_back(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run_later(f, -3600 * 1000);
    not_sent_again(f, 3);
}

// Nobody knows when it was killed, or when its POST was on its way.
static void test_I3_a_run_that_was_killed_has_no_age(void **state)
{
    struct fixture *f = *state;
    lose(f);
    later(f, MINUTE);
    not_sent_again(f, 3);
    mono_by = MINUTE;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
}

// Who says 504 after a minute may have somebody behind it who still works on
// it: the minute begins there.
static void test_I3_the_minute_begins_when_the_answer_came(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.clock = &moved;
    start_engine(f);
    shop.loses = true;
    struct purchase *p = buy(f, "a pier");
    while (f->service.posts == 0)
        turn_once(f);
    mono_by = MINUTE;
    until_state(f, p, ATTEMPT_UNKNOWN);
    not_sent_again(f, 3);
}

// What makes it unknown has the list read at once.
static void test_I3_the_lists_lie_apart(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run_later(f, MINUTE);
    shop.lists = 0;
    struct purchase *p = buy(f, "a pier");
    until_lists(f, 1);
    turn_for(f, 100);
    until_state(f, buy(f, "a hut"), ATTEMPT_UNKNOWN);
    until_lists(f, 2);
    assert_true(shop.at[1] - shop.at[0] < 2000);
    turn_for(f, 100);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_int_equal(f->service.posts, 2);
}

// Another key's list, or one that is behind its time: it proves nothing.
static void test_I3_a_list_that_lacks_what_is_ours(void **state)
{
    struct fixture *f = *state;
    until_settled(f, buy(f, "a hut"));
    lose(f);
    next_run_later(f, MINUTE);
    shop.spoilt = HIDES;
    shop.lists = 0;
    shop.loses = false;
    until_settled(f, buy(f, "a hut"));
    struct purchase *p = buy(f, "a pier");
    until_lists(f, 3);
    turn_for(f, 100);
    assert_int_equal(purchase_state(p), ATTEMPT_UNKNOWN);
    assert_int_equal(f->service.posts, 2);
}

// The list lied: word of it comes while it waits to be sent again.
static void test_I3_a_callback_before_it_is_sent_again(void **state)
{
    struct fixture *f = *state;
    f->service.manner = SELLS_AND_CLOSES;
    shop.spoilt = HIDES;
    until_state(f, buy(f, "a pier"), ATTEMPT_UNKNOWN);
    next_run_later(f, MINUTE);
    f->gateway.in_flight = 1;
    f->service.manner = SELLS;
    f->service.stuck = 2;
    shop.spoilt = WHOLE;
    shop.hidden = 1;
    struct purchase *p = buy(f, "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    until_state(f, buy(f, "a hut"), ATTEMPT_RUNNING);
    until_state(f, p, ATTEMPT_INTENT);
    turn_for(f, 100);
    call_back(f, f->service.sales[0].callback_url, "{\"task_id\":\"task-1\"}");
    f->service.stuck = 0;
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
}

static void test_I3_what_arrives_between_two_lists(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run_later(f, MINUTE);
    shop.late = true;
    shop.loses = false;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 1);
}

// Three tasks of others, so that the list has two pages.
static void spoil(struct fixture *f, enum spoilt spoilt, int lists)
{
    for (int i = 0; i < 3; i++)
        f->service.sales[f->service.n++].callback_url =
            xstrdup("http://127.0.0.1:9/cb/0123456789abcdef0123456789abcdef");
    lose(f);
    next_run_later(f, MINUTE);
    shop.spoilt = spoilt;
    not_sent_again(f, lists);
}

#define SPOILT(name, spoilt, lists)                                            \
    static void test_I3_##name(void **state)                                   \
    {                                                                          \
        spoil(*state, spoilt, lists);                                          \
    }
SPOILT(an_incomplete_list_proves_nothing, INCOMPLETE, 1)
SPOILT(a_list_without_callbacks_proves_nothing, NO_URLS, 3)
SPOILT(a_list_of_another_total_proves_nothing, WRONG_TOTAL, 4)
SPOILT(a_list_with_a_row_twice_proves_nothing, TWICE, 4)
SPOILT(a_list_that_changes_proves_nothing, CHANGES, 4)
SPOILT(an_error_proves_nothing, BROKEN, 3)
SPOILT(nonsense_proves_nothing, STRANGE, 1)

// A purchase whose callback URL had no token cannot be missed.
static void test_I3_without_a_token_nothing_is_proven(void **state)
{
    struct fixture *f = *state;
    f->gateway.loopback = false;
    lose(f);
    next_run_later(f, MINUTE);
    shop.loses = false;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(f->service.posts, 1);
}

static void test_I3_an_incomplete_list_is_asked_for_once(void **state)
{
    struct fixture *f = *state;
    shop.spoilt = INCOMPLETE;
    lose(f);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(shop.lists, 1);
}

static void test_I3_nobody_waits_until_tomorrow_for_a_list(void **state)
{
    struct fixture *f = *state;
    shop.spoilt = BUSY;
    lose(f);
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_failure(p, "unknown", ERR_NONE);
    assert_int_equal(shop.lists, 1);
}

static void test_I3_ctrl_c_waits_for_no_list(void **state)
{
    struct fixture *f = *state;
    lose(f);
    struct purchase *p = buy(f, "a pier");
    until_lists(f, 1);
    engine_stop(f->engine);
    engine_step(f->engine);
    assert_failure(p, "unknown", ERR_NONE);
    assert_true(engine_quiet(f->engine));
}

// --- the built-in gateway
// It starts as the real one does, and is the service of these tests.
static void be_local(struct fixture *f)
{
    char *text = xasprintf(
        "#!/usr/bin/python3\n"
        "import json, os, select, sys\n"
        "if sys.argv[1] != 'gateway':\n"
        "    for line in sys.stdin:\n"
        "        q = json.loads(line)\n"
        "        print(json.dumps({'id': q['id'], 'ok': True, 'seconds': 5.0,\n"
        "              'width': 64, 'height': 36, 'frames': 120,\n"
        "              'codec': 'h264', 'ext': 'mp4'}), flush=True)\n"
        "    sys.exit()\n"
        "users = sys.argv[sys.argv.index('--users') + 1]\n"
        "fd = os.open(users, os.O_RDONLY | os.O_NONBLOCK)\n"
        "print(json.dumps({'url': '%s'}), flush=True)\n"
        "while select.select([fd], [], []) and os.read(fd, 1):\n"
        "    pass\n",
        f->url);
    assert_true(file_write(f->media, text, strlen(text), 0700, NULL));
    free(text);
    static char local[] = "local";
    f->gateway.local = true;
    f->gateway.origin = local;
}

static void test_I3_a_gateway_that_began_later_settles_at_once(void **state)
{
    struct fixture *f = *state;
    be_local(f);
    shop.uptime_ms = 1000 * 1000;
    lose(f);
    next_run(f);
    shop.lists = 0;
    shop.uptime_ms = 0;
    shop.loses = false;
    struct purchase *p = buy(f, "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(shop.lists, 1);
    assert_int_equal(f->service.posts, 2);
    assert_int_equal(f->service.n, 1);
}

static void test_I3_a_gateway_that_ran_before_does_not(void **state)
{
    struct fixture *f = *state;
    be_local(f);
    shop.uptime_ms = 1000 * 1000;
    lose(f);
    next_run(f);
    not_sent_again(f, 2);
    end_run(f);
    begin_run(f);
    start_engine(f);
    shop.uptime_ms = -1; // it does not say
    not_sent_again(f, 2);
}

static void test_I3_only_the_built_in_gateway_is_believed_its_age(void **state)
{
    struct fixture *f = *state;
    lose(f);
    next_run(f);
    shop.uptime_ms = 0;
    not_sent_again(f, 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_I3_a_row_names_its_task),
        CASE(test_I3_one_reading_serves_all),
        CASE(test_I3_a_row_is_believed_only_after_a_poll),
        CASE(test_I3_two_whole_lists_a_minute_later),
        CASE(test_I3_the_minute_of_our_own_post),
        CASE(test_I3_too_young_to_be_missing),
        CASE(test_I3_a_clock_that_stepped_back),
        CASE(test_I3_a_run_that_was_killed_has_no_age),
        CASE(test_I3_the_minute_begins_when_the_answer_came),
        CASE(test_I3_the_lists_lie_apart),
        CASE(test_I3_a_list_that_lacks_what_is_ours),
        CASE(test_I3_a_callback_before_it_is_sent_again),
        CASE(test_I3_what_arrives_between_two_lists),
        CASE(test_I3_an_incomplete_list_proves_nothing),
        CASE(test_I3_a_list_without_callbacks_proves_nothing),
        CASE(test_I3_a_list_of_another_total_proves_nothing),
        CASE(test_I3_a_list_with_a_row_twice_proves_nothing),
        CASE(test_I3_a_list_that_changes_proves_nothing),
        CASE(test_I3_an_error_proves_nothing),
        CASE(test_I3_nonsense_proves_nothing),
        CASE(test_I3_without_a_token_nothing_is_proven),
        CASE(test_I3_an_incomplete_list_is_asked_for_once),
        CASE(test_I3_nobody_waits_until_tomorrow_for_a_list),
        CASE(test_I3_ctrl_c_waits_for_no_list),
        CASE(test_I3_a_gateway_that_began_later_settles_at_once),
        CASE(test_I3_a_gateway_that_ran_before_does_not),
        CASE(test_I3_only_the_built_in_gateway_is_believed_its_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
