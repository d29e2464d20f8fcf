#include "ledger/settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "ledger/list.h"

// Purchase number `n`, sent by RUN_A and as its run left it.
static int64_t lose(struct fixture *f, int n, enum attempt_state state)
{
    int64_t attempt = buy(f, n);
    must(move(f, attempt, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1100));
    if (state == ATTEMPT_UNKNOWN)
        must(move(f, attempt, ATTEMPT_SUBMITTING, ATTEMPT_UNKNOWN, 1200));
    return attempt;
}

static struct answer settle(struct fixture *f, int64_t attempt,
                            enum attempt_state from, enum settle_choice choice,
                            const char *task_id)
{
    struct ledger_settle s = {
        .attempt = attempt,
        .from = from,
        .choice = choice,
        .task_id = task_id,
        .owner = RUN_B,
        .now_ms = 2000,
    };
    struct answer a = {0};
    ledger_settle(f->l, &s, on_done, &a);
    assert_true(await(f->loop, &a));
    return a;
}

static void moves_as_it_is_told(void **state)
{
    static const struct {
        enum settle_choice choice;
        const char *task_id, *kind;
        enum attempt_state to;
        int64_t spent;
        bool buys;
    } cases[] = {
        {SETTLE_ADOPT, "t", NULL, ATTEMPT_ACCEPTED, 25000, false},
        {SETTLE_NOT_BOUGHT, NULL, "not_bought", ATTEMPT_REFUSED, 0, true},
        {SETTLE_BUY_AGAIN, NULL, "buy_again", ATTEMPT_CANCELLED, 25000, true},
    };
    static const enum attempt_state from[] = {ATTEMPT_UNKNOWN,
                                              ATTEMPT_SUBMITTING};
    struct fixture *f = *state;
    int n = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        for (size_t j = 0; j < sizeof(from) / sizeof(*from); j++) {
            char task[16];
            int64_t attempt = lose(f, ++n, from[j]);
            snprintf(task, sizeof(task), "t%d", n);
            must(settle(f, attempt, from[j], cases[i].choice,
                        cases[i].task_id ? task : NULL));
            struct purchase_row row = find(f, n);
            assert_int_equal(row.attempt.state, cases[i].to);
            assert_string_equal(row.attempt.owner, RUN_B);
            assert_int_equal(settle_leaves_to_buy(&row.attempt), cases[i].buys);
            if (cases[i].kind)
                assert_string_equal(row.attempt.kind, cases[i].kind);
            if (cases[i].task_id)
                assert_string_equal(row.attempt.task_id, task);
            purchase_row_free(&row);
            sum += cases[i].spent;
            assert_int_equal(spent(f), sum);
        }
    }
}

static void another_attempt_follows_a_closed_one(void **state)
{
    struct fixture *f = *state;
    int64_t first = lose(f, 1, ATTEMPT_UNKNOWN);
    must(settle(f, first, ATTEMPT_UNKNOWN, SETTLE_BUY_AGAIN, NULL));
    assert_true(buy(f, 1) != first);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.n, 2);
    assert_int_equal(row.attempt.state, ATTEMPT_INTENT);
    purchase_row_free(&row);
    assert_int_equal(spent(f), 50000);
}

// Compare-and-set: what its owner did meanwhile stands.
static void does_not_touch_what_has_moved(void **state)
{
    struct fixture *f = *state;
    int64_t attempt = buy(f, 1);
    must(accept_as(f, attempt, "t"));
    static const enum attempt_state from[] = {ATTEMPT_UNKNOWN,
                                              ATTEMPT_SUBMITTING};
    for (size_t j = 0; j < sizeof(from) / sizeof(*from); j++)
        assert_false(settle(f, attempt, from[j], SETTLE_NOT_BOUGHT, NULL).ok);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.attempt.state, ATTEMPT_ACCEPTED);
    assert_string_equal(row.attempt.owner, RUN_A);
    purchase_row_free(&row);
}

static void a_task_of_another_purchase_is_refused(void **state)
{
    struct fixture *f = *state;
    must(accept_as(f, buy(f, 1), "t"));
    int64_t lost = lose(f, 2, ATTEMPT_UNKNOWN);
    struct answer a = settle(f, lost, ATTEMPT_UNKNOWN, SETTLE_ADOPT, "t");
    assert_false(a.ok);
    assert_int_equal(a.err.kind, ERR_GATEWAY);
    struct purchase_row row = find(f, 2);
    assert_int_equal(row.attempt.state, ATTEMPT_UNKNOWN);
    assert_null(row.attempt.task_id);
    purchase_row_free(&row);
}

static void only_the_user_closes_what_is_bought_again(void **state)
{
    (void)state;
    char other[] = "cancelled", closed[] = "buy_again";
    struct attempt_row row = {.id = 1, .state = ATTEMPT_CANCELLED};
    assert_false(settle_leaves_to_buy(&row));
    row.kind = other;
    assert_false(settle_leaves_to_buy(&row));
    row.kind = closed;
    assert_true(settle_leaves_to_buy(&row));
    row.state = ATTEMPT_FAILED;
    assert_false(settle_leaves_to_buy(&row));
}

static void count_row(void *arg, const struct value *row)
{
    assert_non_null(value_get_text(row, "fingerprint"));
    ++*(int *)arg;
}

static void lists_what_may_be_unknown(void **state)
{
    struct fixture *f = *state;
    lose(f, 1, ATTEMPT_UNKNOWN);
    lose(f, 2, ATTEMPT_SUBMITTING);
    must(accept_as(f, buy(f, 3), "t"));
    buy(f, 4);
    int n = 0;
    assert_true(ledger_list_unknown(f->l, count_row, &n, NULL));
    assert_int_equal(n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moves_as_it_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(another_attempt_follows_a_closed_one,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(does_not_touch_what_has_moved, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_task_of_another_purchase_is_refused,
                                        setup, teardown),
        cmocka_unit_test(only_the_user_closes_what_is_bought_again),
        cmocka_unit_test_setup_teardown(lists_what_may_be_unknown, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
