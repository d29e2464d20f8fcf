// Intents that are one too many: of a purchase, and of a gateway.

#include "fixture.h"

static void fail_task(struct fixture *f, int64_t attempt, const char *task_id)
{
    must(accept_as(f, attempt, task_id));
    must(move(f, attempt, ATTEMPT_ACCEPTED, ATTEMPT_FAILED, 1300));
}

static void counts_what_was_bought(void **state)
{
    struct fixture *f = *state;
    struct ledger_intent in = want(1);
    in.bought_max = 2;
    struct answer a = intend(f, &in);
    must(a);
    fail_task(f, a.result.attempt, "t1");

    in = want(1);
    in.bought_max = 2;
    a = intend(f, &in);
    assert_true(a.result.attempt > 0);
    must(move(f, a.result.attempt, ATTEMPT_INTENT, ATTEMPT_SUBMITTING, 1));
    must(move(f, a.result.attempt, ATTEMPT_SUBMITTING, ATTEMPT_REFUSED, 2));
    in = want(1); // that one bought nothing
    in.bought_max = 2;
    a = intend(f, &in);
    assert_true(a.result.attempt > 0);
    fail_task(f, a.result.attempt, "t2");

    in = want(1);
    in.bought_max = 2;
    a = intend(f, &in);
    must(a);
    assert_true(a.result.taken);
    assert_int_equal(a.result.attempt, 0);
    struct purchase_row row = find(f, 1);
    assert_int_equal(row.bought, 2);
    assert_int_equal(row.attempt.n, 3);
    purchase_row_free(&row);

    assert_true(buy(f, 1) > 0); // without a limit
}

static void keeps_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    for (int n = 1; n <= 2; n++)
        buy(f, n); // of run A
    static const struct {
        int own;
        bool full;
    } cases[] = {{0, false}, {1, false}, {2, true}};
    for (int i = 0; i < 3; i++) {
        struct ledger_intent in = want(10 + i);
        in.run = RUN_B;
        in.in_flight = 4;
        in.own = cases[i].own;
        struct answer a = intend(f, &in);
        must(a);
        assert_int_equal(a.result.full, cases[i].full);
        assert_int_equal(a.result.attempt == 0, cases[i].full);
        assert_int_equal(a.result.others, i ? 2 : 0);
    }
    struct ledger_intent in = want(20);
    in.run = RUN_B;
    in.gateway = "another"; // has none in flight
    in.in_flight = 4;
    in.own = 3;
    assert_false(intend(f, &in).result.full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_what_was_bought),
        TEST(keeps_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
