#include "ledger/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

static void keeps_the_budget(void **state)
{
    struct fixture *f = *state;
    for (int n = 1; n <= 3; n++) {
        struct ledger_intent in = want(n);
        in.budget = 60000; // two of 25000
        struct answer a = intend(f, &in);
        must(a);
        assert_int_equal(a.result.over_budget, n == 3);
        assert_int_equal(a.result.attempt > 0, n < 3);
        if (n == 3)
            assert_int_equal(a.result.spent, 50000);
    }
    struct purchase_row row;
    bool found;
    assert_true(ledger_find(f->l, fingerprint, &row, &found, NULL));
    assert_false(found); // nothing of it remains

    struct ledger_intent exact = want(4);
    exact.budget = 60000;
    exact.price = 10000;
    must(intend(f, &exact));
    assert_int_equal(spent(f), 60000);

    struct ledger_intent other = want(5); // another recipe, its own budget
    other.recipe = "dolly";
    other.budget = 25000;
    struct answer a = intend(f, &other);
    assert_true(a.result.attempt > 0);

    struct ledger_intent priceless = want(6);
    priceless.budget = 1000000;
    priceless.price = -1;
    assert_int_equal(intend(f, &priceless).err.kind, ERR_RECIPE);
    priceless.budget = -1;
    must(intend(f, &priceless));
    assert_int_equal(spent(f), 60000);
}

static void keeps_a_gateways_budget_over_all_recipes(void **state)
{
    struct fixture *f = *state;
    static const char *const recipes[] = {"orbit", "dolly", "hello"};
    for (int n = 1; n <= 3; n++) {
        struct ledger_intent in = want(n);
        in.recipe = recipes[n - 1];
        in.budget = 30000; // each has room in its own
        in.gateway_budget = 60000;
        struct answer a = intend(f, &in);
        must(a);
        assert_int_equal(a.result.over_budget, n == 3);
        assert_int_equal(a.result.of_gateway, n == 3);
        if (n == 3)
            assert_int_equal(a.result.spent, 50000);
    }
    struct ledger_intent elsewhere = want(4);
    elsewhere.gateway = "another";
    elsewhere.gateway_budget = 25000;
    assert_true(intend(f, &elsewhere).result.attempt > 0);
    struct ledger_intent priceless = want(5);
    priceless.gateway_budget = 1000000;
    priceless.price = -1;
    assert_int_equal(intend(f, &priceless).err.kind, ERR_RECIPE);
}

static void counts_what_may_have_been_paid(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum attempt_state from, to;
        bool sent;
        int64_t spent;
    } cases[] = {
        {ATTEMPT_INTENT, ATTEMPT_REFUSED, false, 0},
        {ATTEMPT_INTENT, ATTEMPT_CANCELLED, false, 0},
        {ATTEMPT_SUBMITTING, ATTEMPT_REFUSED, true, 0},
        {ATTEMPT_SUBMITTING, ATTEMPT_UNKNOWN, true, 25000},
        {ATTEMPT_ACCEPTED, ATTEMPT_FAILED, true, 25000},
        {ATTEMPT_ACCEPTED, ATTEMPT_CANCELLED, true, 50000},
        {ATTEMPT_ACCEPTED, ATTEMPT_FORGOTTEN, true, 75000},
    };
    for (int n = 0; n < 7; n++) {
        int64_t id = buy(f, n);
        char task[32];
        snprintf(task, sizeof(task), "task-%d", n);
        if (cases[n].from == ATTEMPT_ACCEPTED)
            must(accept_as(f, id, task));
        else if (cases[n].sent)
            must(move(f, id, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
        must(move(f, id, cases[n].from, cases[n].to, 1200));
        assert_int_equal(spent(f), cases[n].spent);
    }
}

// What the service has ended runs no more there.
static void what_is_fetched_is_not_in_flight(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    assert_int_equal(open_count(f, NULL), 1);
    must(move(f, id, ATTEMPT_ACCEPTED, ATTEMPT_READY, 1200));
    assert_int_equal(open_count(f, NULL), 0);
    must(move(f, id, ATTEMPT_READY, ATTEMPT_FETCHING, 1300));
    assert_int_equal(open_count(f, NULL), 0);
}

static void counts_open_attempts_and_their_ports(void **state)
{
    struct fixture *f = *state;
    static const int given[] = {4100, 4100, 4200, 0, 4300};
    int64_t ids[5];
    for (int n = 0; n < 5; n++) {
        struct ledger_intent in = want(n);
        in.callback_port = given[n];
        in.run = n == 4 ? RUN_B : RUN_A;
        ids[n] = intend(f, &in).result.attempt;
    }
    assert_int_equal(open_count(f, NULL), 5);
    assert_int_equal(open_count(f, RUN_A), 1);
    assert_int_equal(open_count(f, RUN_B), 4);
    int64_t other;
    assert_true(ledger_count_open(f->l, "comet", NULL, &other, NULL));
    assert_int_equal(other, 0);

    int ports[8];
    size_t n;
    assert_true(ledger_callback_ports(f->l, ports, 8, &n, NULL));
    assert_int_equal(n, 3);
    assert_int_equal(ports[0], 4300);
    assert_int_equal(ports[1], 4200);
    assert_int_equal(ports[2], 4100);
    assert_true(ledger_callback_ports(f->l, ports, 1, &n, NULL));
    assert_int_equal(n, 1);

    must(move(f, ids[4], ATTEMPT_INTENT, ATTEMPT_REFUSED, 1100));
    assert_true(ledger_callback_ports(f->l, ports, 8, &n, NULL));
    assert_int_equal(n, 2);
    assert_int_equal(open_count(f, NULL), 4);
}

static void gather(void *arg, const char *run)
{
    strcat(arg, run);
}

// Whose POSTs may have arrived without an answer: each run once.
static void names_the_owners_of_what_is_unsettled(void **state)
{
    struct fixture *f = *state;
    char runs[4 * TOKEN_HEX] = "";
    int64_t ids[3];
    for (int n = 0; n < 3; n++) {
        struct ledger_intent in = want(n);
        in.run = n == 2 ? RUN_B : RUN_A;
        ids[n] = intend(f, &in).result.attempt;
    }
    assert_true(ledger_unsettled_owners(f->l, gather, runs, NULL));
    assert_string_equal(runs, "");
    for (int n = 0; n < 3; n++)
        must(move(f, ids[n], ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    must(move(f, ids[0], ATTEMPT_SUBMITTING, ATTEMPT_UNKNOWN, 1200));
    must(move(f, ids[2], ATTEMPT_SUBMITTING, ATTEMPT_REFUSED, 1200));
    assert_true(ledger_unsettled_owners(f->l, gather, runs, NULL));
    assert_string_equal(runs, RUN_A);
}

static struct answer adopt(struct fixture *f, int64_t id, const char *from,
                           const char *to, int port)
{
    struct answer a = {0};
    ledger_adopt(f->l, id, from, to, port, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static void adopts_orphans_once(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(adopt(f, id, RUN_A, RUN_B, 4200));
    struct answer a = adopt(f, id, RUN_A, "cccc", 4300);
    assert_int_equal(a.err.kind, ERR_DISK);
    assert_non_null(strstr(a.err.text, RUN_B));
    struct purchase_row row = find(f, 1);
    assert_string_equal(row.attempt.owner, RUN_B);
    assert_int_equal(row.attempt.callback_port, 4200);
    purchase_row_free(&row);

    // Once sent, the port is the one that the service was told.
    must(accept_as(f, id, "task-1"));
    must(adopt(f, id, RUN_B, RUN_A, 4400));
    row = find(f, 1);
    assert_string_equal(row.attempt.owner, RUN_A);
    assert_int_equal(row.attempt.callback_port, 4200);
    purchase_row_free(&row);

    must(move(f, id, ATTEMPT_ACCEPTED, ATTEMPT_FAILED, 1300));
    assert_false(adopt(f, id, RUN_A, RUN_B, 0).ok); // nothing to own
}

static void remembers_a_gateways_origin(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *identity, *origin;
        enum err_kind kind;
    } cases[] = {
        {"local", "local", ERR_NONE},
        {"comet", "https://a.example", ERR_NONE},
        {"comet", "https://a.example", ERR_NONE},
        {"comet", "https://b.example", ERR_GATEWAY},
        {"comet", "https://a.example", ERR_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct answer a = {0};
        ledger_gateway(f->l, cases[i].identity, cases[i].origin, 1, on_done,
                       &a);
        assert_true(await(f->loop, &a));
        assert_int_equal(a.err.kind, cases[i].kind);
        if (!a.ok) {
            assert_non_null(strstr(a.err.text, "https://a.example"));
            assert_non_null(strstr(a.err.text, "https://b.example"));
        }
    }
}

static void records_runs(void **state)
{
    struct fixture *f = *state;
    struct answer a = {0};
    ledger_run_begin(f->l, RUN_A, "orbit", "[\"run\"]", 10, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
    a = (struct answer){0};
    ledger_run_end(f->l, RUN_A, 0, 20, on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
    a = (struct answer){0};
    ledger_run_end(f->l, RUN_B, 0, 20, on_done, &a);
    assert_true(await(f->loop, &a));
    assert_int_equal(a.err.kind, ERR_DISK);
    a = (struct answer){0};
    ledger_run_begin(f->l, RUN_A, "orbit", NULL, 30, on_done, &a);
    assert_true(await(f->loop, &a));
    assert_false(a.ok); // an id is used once
}

static void records_outputs(void **state)
{
    struct fixture *f = *state;
    int64_t id = buy(f, 1);
    must(accept_as(f, id, "task-1"));
    fetch(f, id);
    must(deliver(f, id, 2));
    struct purchase_row p = find(f, 1);

    struct output_row row;
    bool found = true;
    assert_true(ledger_find_output(f->l, "out/a.mp4", &row, &found, NULL));
    assert_false(found);
    for (int i = 0; i < 2; i++) { // the second replaces the first
        struct output_row given = {
            .clip = p.clips[i].id,
            .size = 10 + i,
            .mtime_ns = 1700000000123456789 + i,
        };
        memcpy(given.sha256, p.clips[i].sha256, HASH_HEX);
        struct answer a = {0};
        ledger_set_output(f->l, "out/a.mp4", RUN_A, "orbit/x1", &given, on_done,
                          &a);
        assert_true(await(f->loop, &a));
        must(a);
        assert_true(ledger_find_output(f->l, "out/a.mp4", &row, &found, NULL));
        assert_true(found);
        assert_int_equal(row.clip, p.clips[i].id);
        assert_string_equal(row.sha256, p.clips[i].sha256);
        assert_int_equal(row.size, 10 + i);
        assert_int_equal(row.mtime_ns, 1700000000123456789 + i);
    }
    row.clip = 4711; // no such clip
    struct answer a = {0};
    ledger_set_output(f->l, "out/b.mp4", RUN_A, NULL, &row, on_done, &a);
    assert_true(await(f->loop, &a));
    assert_false(a.ok);
    purchase_row_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_budget),
        TEST(keeps_a_gateways_budget_over_all_recipes),
        TEST(counts_what_may_have_been_paid),
        TEST(what_is_fetched_is_not_in_flight),
        TEST(counts_open_attempts_and_their_ports),
        TEST(names_the_owners_of_what_is_unsettled),
        TEST(adopts_orphans_once),
        TEST(remembers_a_gateways_origin),
        TEST(records_runs),
        TEST(records_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
