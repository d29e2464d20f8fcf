// What a service says of the account, and what is not sent because of it.

#include "listing.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PRICE 25000 // of one of the test's own orders

static struct dialect_account account_of(int64_t balance, int64_t in_flight,
                                         int64_t left_today)
{
    static char name[] = "m";
    static struct dialect_model model;
    model = (struct dialect_model){name, in_flight, left_today};
    return (struct dialect_account){
        .read = true, .balance = balance, .models = &model, .n = 1};
}

// --- a service that tells
static struct {
    struct dialect_account says;
    long status;   // of the answer; 0: none ever comes
    bool breaks;   // accounted() makes nothing of it
    int asked;     // times
    int submitted; // then
    struct net_call *held;
} org;

static bool ask_account(void *ctx, const struct dialect_ctx *gateway,
                        struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)gateway, (void)err;
    call->method = xstrdup("GET");
    call->path = xstrdup("/account");
    return true;
}

static bool accounted(void *ctx, const struct dialect_answer *answer,
                      struct dialect_account *account, struct err *err)
{
    (void)ctx;
    *account = (struct dialect_account){.balance = -1};
    if (org.breaks)
        return err_set(err, ERR_RECIPE, "what is this?");
    if (answer->status != 200)
        return true;
    account->read = true;
    account->balance = org.says.balance;
    account->models = xcalloc(1, sizeof(*account->models));
    account->n = org.says.n;
    if (org.says.n)
        account->models[0] = (struct dialect_model){
            xstrdup(org.says.models[0].name), org.says.models[0].in_flight,
            org.says.models[0].left_today};
    return true;
}

static bool serve_account(struct service *s, struct net_call *call)
{
    if (strcmp(net_call_path(call), "/account") != 0)
        return serve_other(s, call);
    assert_string_equal(net_call_method(call), "GET");
    assert_string_equal(net_call_header(call, "authorization"),
                        "Bearer secret");
    org.asked++;
    org.submitted = s->posts;
    if (org.status)
        say(call, (unsigned)org.status, "{}");
    else
        org.held = call;
    return true;
}

static struct dialect telling;
static char *said;

static void on_said(void *arg, enum engine_note note, const struct purchase *p,
                    const char *text)
{
    on_note(arg, note, p, text);
    if (note != ENGINE_ACCOUNT)
        return;
    assert_null(said); // once
    said = xstrdup(text);
}

static int open_account(void **state)
{
    int failed = setup(state);
    struct fixture *f = *state;
    memset(&org, 0, sizeof(org));
    memset(&shop, 0, sizeof(shop));
    shop.uptime_ms = -1;
    wall_by = mono_by = 0;
    org.status = 200;
    telling = test_dialect;
    telling.account = ask_account;
    telling.accounted = accounted;
    f->gateway.dialect = &telling;
    f->service.other = serve_account;
    end_run(f);
    begin_run(f);
    f->config.note = on_said;
    start_engine(f);
    return failed;
}

static int close_account(void **state)
{
    struct fixture *f = *state;
    if (org.held) { // for good
        engine_free(f->engine);
        f->engine = NULL;
        say(org.held, 500, "");
    }
    free(said);
    free(shop.lost);
    said = NULL;
    return teardown(state);
}

static struct purchase *buy_of(struct fixture *f, const char *model,
                               const char *prompt)
{
    struct value *request = request_of(prompt);
    value_set(request, "model", value_str(model));
    return buy_request(f, request);
}

static void it_is_asked_once_before_anything_is_bought(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(1000000, 3, 150);
    struct purchase *one = buy_of(f, "m", "a pier");
    until_settled(f, one);
    struct purchase *two = buy_of(f, "m", "a cliff");
    until_settled(f, two);
    assert_delivered(one);
    assert_delivered(two);
    assert_int_equal(org.asked, 1);
    assert_int_equal(org.submitted, 0);
    assert_non_null(said);
    assert_string_equal(said,
                        "shop: 1000 credits; m 3 at once, 150 left today");
    // What is there already needs no account.
    next_run(f);
    until_settled(f, buy_of(f, "m", "a pier"));
    assert_int_equal(org.asked, 1);
}

static void no_answer_is_no_obstacle(void **state)
{
    static const struct {
        long status;
        bool breaks;
    } cases[] = {{401, false}, {404, false}, {500, false}, {200, true}};
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        org.status = cases[i].status;
        org.breaks = cases[i].breaks;
        char *prompt = xasprintf("pier %zu", i);
        struct purchase *p = buy_of(f, "m", prompt);
        until_settled(f, p);
        assert_delivered(p);
        free(prompt);
        next_run(f);
    }
    assert_int_equal(org.asked, COUNT(cases));
    assert_null(said);
    assert_int_equal(f->warnings, 0);
}

static void only_so_many_of_a_model_run_at_once(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(-1, 2, -1);
    f->service.running = 3;
    end_run(f);
    begin_run(f);
    f->config.in_flight = 6;
    f->config.note = on_said;
    start_engine(f);
    struct purchase *of[6];
    for (int i = 0; i < 6; i++) {
        char *prompt = xasprintf("pier %d", i);
        of[i] = buy_of(f, i < 5 ? "m" : "n", prompt);
        free(prompt);
    }
    bool all = false, beside = false;
    while (!all) {
        turn_once(f);
        int running = 0, ready = 0;
        for (int i = 0; i < 5; i++) {
            running += purchase_state(of[i]) != ATTEMPT_INTENT &&
                       purchase_state(of[i]) < ATTEMPT_READY;
            ready += purchase_settled(of[i]);
        }
        assert_in_range(running, 0, 2);
        // Another model passes those that wait.
        beside |= purchase_state(of[5]) == ATTEMPT_RUNNING && ready < 3;
        all = ready == 5 && purchase_settled(of[5]);
    }
    for (int i = 0; i < 6; i++)
        assert_delivered(of[i]);
    assert_true(beside);
    assert_int_equal(f->service.posts, 6);
}

static void another_model_takes_no_place(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(-1, 1, -1);
    f->service.stuck = 1;
    until_state(f, buy_of(f, "n", "a pier"), ATTEMPT_RUNNING);
    struct purchase *p = buy_of(f, "m", "a pier");
    until_settled(f, p);
    assert_delivered(p);
}

static void another_gateway_costs_nothing_here(void **state)
{
    struct fixture *f = *state;
    static char name[] = "other";
    struct gateway shop_of = f->gateway;
    org.says = account_of(PRICE, -1, -1);
    f->gateway.name = f->gateway.identity = name;
    f->gateway.dialect = &test_dialect;
    static struct gateway other; // the engine borrows it
    other = f->gateway;
    struct value *request = request_of("a pier");
    struct order order = {.gateway = &other,
                          .route = "generate",
                          .request = request,
                          .take = 1,
                          .cell = "cell"};
    struct err err;
    struct purchase *p = engine_buy(f->engine, &order, &err);
    value_free(request);
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(org.asked, 0);
    f->gateway = shop_of;
    p = buy(f, "a cliff");
    until_settled(f, p);
    assert_delivered(p);
}

static void what_is_not_left_today_is_not_sent(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(-1, -1, 2);
    struct purchase *of[4];
    static const char *const models[] = {"m", "m", "m", "n"};
    for (int i = 0; i < 4; i++) {
        char *prompt = xasprintf("pier %d", i);
        of[i] = buy_of(f, models[i], prompt);
        free(prompt);
    }
    for (int i = 0; i < 4; i++)
        until_settled(f, of[i]);
    assert_delivered(of[0]);
    assert_delivered(of[1]);
    assert_failure(of[2], "daily", ERR_GATEWAY);
    assert_string_equal(purchase_failure(of[2]),
                        "'shop' takes no more of m today; it was not bought; "
                        "run again tomorrow");
    assert_false(purchase_was_bought_now(of[2]));
    assert_delivered(of[3]);
    assert_int_equal(f->service.posts, 3);
}

static void what_was_refused_is_not_counted(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(PRICE, -1, 1);
    f->service.manner = TOO_FAST; // once, and then it sells
    struct purchase *p = buy_of(f, "m", "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
    p = buy_of(f, "m", "a cliff");
    until_settled(f, p);
    assert_failure(p, "daily", ERR_GATEWAY);
}

static void what_may_have_been_bought_is_counted(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(PRICE, -1, 1);
    f->service.manner = SELLS_AND_FAILS;
    struct purchase *lost = buy_of(f, "m", "a pier");
    until_state(f, lost, ATTEMPT_UNKNOWN);
    f->service.manner = SELLS;
    struct purchase *m = buy_of(f, "m", "a cliff");
    struct purchase *n = buy_of(f, "n", "a cliff");
    until_settled(f, m);
    until_settled(f, n);
    assert_failure(m, "daily", ERR_GATEWAY);
    assert_failure(n, "credits", ERR_GATEWAY);
    assert_int_equal(f->service.posts, 1);
}

// The list shows that it never arrived: it is sent again, and is one.
static void what_did_not_arrive_is_not_counted(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(PRICE, -1, 1);
    telling.list = list;
    telling.listed = listed;
    shop.loses = true;
    end_run(f);
    begin_run(f);
    f->config.note = on_said;
    f->config.clock = &moved;
    f->config.unknown_wait_ms = DEADLINE_MS;
    start_engine(f);
    struct purchase *p = buy_of(f, "m", "a pier");
    until_state(f, p, ATTEMPT_UNKNOWN);
    shop.loses = false;
    mono_by = wall_by = 61000; // what is not there by now will not come
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
    p = buy_of(f, "m", "a cliff");
    until_settled(f, p);
    assert_failure(p, "daily", ERR_GATEWAY);
}

static void what_the_credits_do_not_suffice_for_is_not_sent(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(2 * PRICE + PRICE / 2, -1, -1);
    struct purchase *of[3];
    for (int i = 0; i < 3; i++) {
        char *prompt = xasprintf("pier %d", i);
        of[i] = buy_of(f, "m", prompt);
        free(prompt);
    }
    for (int i = 0; i < 3; i++)
        until_settled(f, of[i]);
    assert_delivered(of[0]);
    assert_delivered(of[1]);
    assert_failure(of[2], "credits", ERR_GATEWAY);
    assert_string_equal(
        purchase_failure(of[2]),
        "the 62.5 credits at 'shop' do not suffice (50 are spent or reserved "
        "by this run, it costs 25, all that was asked for so far 75); it was "
        "not bought; add credits there and run again");
    assert_int_equal(f->service.posts, 2);
    // Nothing of it is in the way of the next run.
    org.says = account_of(PRICE, -1, -1);
    free(said);
    said = NULL;
    next_run(f);
    struct purchase *p = buy_of(f, "m", "pier 2");
    until_settled(f, p);
    assert_delivered(p);
}

static void what_failed_costs_nothing(void **state)
{
    struct fixture *f = *state;
    org.says = account_of(PRICE, -1, -1);
    f->service.ends = "failed";
    struct purchase *p = buy_of(f, "m", "a pier");
    until_settled(f, p);
    assert_failure(p, "moderation", ERR_NONE);
    f->service.ends = "succeeded";
    p = buy_of(f, "m", "a cliff");
    until_settled(f, p);
    assert_delivered(p);
}

static void nobody_waits_for_it_for_long(void **state)
{
    struct fixture *f = *state;
    org.status = 0;
    f->gateway.timeout_ms = 300;
    struct purchase *p = buy_of(f, "m", "a pier");
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(org.asked, 1);
}

// What failed is bought again by itself, and is not in its own way.
static void what_is_retried_is_paid_once(void **state)
{
    static const struct recipe_retry retry = {.count = 1};
    struct fixture *f = *state;
    org.says = account_of(PRICE, -1, -1);
    end_run(f);
    begin_run(f);
    f->config.note = on_said;
    f->config.retry = &retry;
    start_engine(f);
    f->service.ends = "failed";
    struct purchase *p = buy_of(f, "m", "a pier");
    while (f->service.polls == 0)
        turn_once(f);
    f->service.ends = "succeeded";
    until_settled(f, p);
    assert_delivered(p);
    assert_int_equal(f->service.posts, 2);
}

// Ctrl-C while the account is being asked for: nothing is sent, and nobody
// waits for it.
static void an_end_while_it_is_asked(void **state)
{
    struct fixture *f = *state;
    org.status = 0;
    struct purchase *p = buy_of(f, "m", "a pier");
    while (!org.asked)
        turn_once(f);
    engine_stop(f->engine);
    until_settled(f, p);
    assert_failure(p, "stopped", ERR_NONE);
    assert_true(engine_quiet(f->engine));
    assert_int_equal(f->service.posts, 0);
}

int main(void)
{
#define WITH_ACCOUNT(test)                                                     \
    cmocka_unit_test_setup_teardown(test, open_account, close_account)
    const struct CMUnitTest tests[] = {
        WITH_ACCOUNT(it_is_asked_once_before_anything_is_bought),
        WITH_ACCOUNT(no_answer_is_no_obstacle),
        WITH_ACCOUNT(only_so_many_of_a_model_run_at_once),
        WITH_ACCOUNT(another_model_takes_no_place),
        WITH_ACCOUNT(another_gateway_costs_nothing_here),
        WITH_ACCOUNT(what_is_not_left_today_is_not_sent),
        WITH_ACCOUNT(what_was_refused_is_not_counted),
        WITH_ACCOUNT(what_may_have_been_bought_is_counted),
        WITH_ACCOUNT(what_did_not_arrive_is_not_counted),
        WITH_ACCOUNT(what_the_credits_do_not_suffice_for_is_not_sent),
        WITH_ACCOUNT(what_failed_costs_nothing),
        WITH_ACCOUNT(what_is_retried_is_paid_once),
        WITH_ACCOUNT(nobody_waits_for_it_for_long),
        WITH_ACCOUNT(an_end_while_it_is_asked),
    };
    return cmocka_run_group_tests_name("account_run", tests, NULL, NULL);
}
