#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/ledger.h"

#define N 12

// Every pair: the row is where an attempt is, an x is where it may go.
static const char *const names[N] = {
    "intent",    "submitting", "accepted", "running", "ready",     "fetching",
    "delivered", "refused",    "unknown",  "failed",  "cancelled", "forgotten",
};
static const char *const moves[N] = {
    //                isarrfdrufcf
    [ATTEMPT_INTENT] = ".x.....x..x.",    [ATTEMPT_SUBMITTING] = "x.x....xx...",
    [ATTEMPT_ACCEPTED] = "...xx....xxx",  [ATTEMPT_RUNNING] = "....x....xxx",
    [ATTEMPT_READY] = ".....x...x.x",     [ATTEMPT_FETCHING] = "....x.x..x.x",
    [ATTEMPT_DELIVERED] = "....x.......", [ATTEMPT_REFUSED] = "............",
    [ATTEMPT_UNKNOWN] = "x.x....x..x.",   [ATTEMPT_FAILED] = "............",
    [ATTEMPT_CANCELLED] = "............", [ATTEMPT_FORGOTTEN] = "............",
};

static void has_these_moves_and_no_other(void **state)
{
    (void)state;
    for (int from = 0; from < N; from++) {
        char row[N + 1] = {0};
        for (int to = 0; to < N; to++)
            row[to] = attempt_state_may((enum attempt_state)from,
                                        (enum attempt_state)to)
                          ? 'x'
                          : '.';
        if (strcmp(row, moves[from]) != 0)
            fail_msg("%s: %s, expected %s", names[from], row, moves[from]);
    }
}

static void names_every_state(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        assert_string_equal(attempt_state_name((enum attempt_state)i),
                            names[i]);
}

static void knows_which_are_open(void **state)
{
    (void)state;
    static const char open[N + 1] = "xxxxxx..x...";
    for (int i = 0; i < N; i++)
        assert_int_equal(attempt_state_is_open((enum attempt_state)i),
                         open[i] == 'x');
}

// What costs money ends by evidence: there is no way from unknown to an end
// that a service tells, but through a task. Cancelled is the user's word.
static void unknown_is_settled_by_evidence(void **state)
{
    (void)state;
    assert_false(attempt_state_may(ATTEMPT_UNKNOWN, ATTEMPT_SUBMITTING));
    assert_false(attempt_state_may(ATTEMPT_UNKNOWN, ATTEMPT_FAILED));
    assert_false(attempt_state_may(ATTEMPT_SUBMITTING, ATTEMPT_CANCELLED));
    assert_false(attempt_state_may(ATTEMPT_UNKNOWN, ATTEMPT_FORGOTTEN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_these_moves_and_no_other),
        cmocka_unit_test(names_every_state),
        cmocka_unit_test(knows_which_are_open),
        cmocka_unit_test(unknown_is_settled_by_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
