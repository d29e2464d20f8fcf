// What is known of a gateway's callbacks.

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/calls.h"

#define ONE "00000000000000000000000000000001"
#define OTHER "00000000000000000000000000000002"

static size_t scouts_of(struct calls *calls, bool *scouts, size_t n)
{
    size_t waiting = 0;
    for (size_t i = 0; i < n; i++)
        waiting += calls_wait(calls, &scouts[i]);
    return n - waiting;
}

static void a_few_are_asked_for(void **state)
{
    (void)state;
    struct calls calls = {CALLS_UNKNOWN, 0, ""};
    bool scouts[40] = {false};
    assert_int_equal(scouts_of(&calls, scouts, 40), CALLS_SCOUTS);
    assert_int_equal(scouts_of(&calls, scouts, 40), CALLS_SCOUTS);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(scouts[i], i < CALLS_SCOUTS);
    calls_leave(&calls, &scouts[3]);
    calls_leave(&calls, &scouts[3]); // it is none any more
    calls_leave(&calls, &scouts[30]);
    assert_int_equal(calls.n_scouts, CALLS_SCOUTS - 1);
    assert_false(calls_wait(&calls, &scouts[30]));
    assert_true(calls_wait(&calls, &scouts[3]));
}

static void one_that_came_proves_it(void **state)
{
    (void)state;
    struct calls calls = {CALLS_UNKNOWN, 0, ""};
    bool scouts[9] = {false};
    scouts_of(&calls, scouts, 9);
    assert_true(calls_came(&calls));
    assert_false(calls_came(&calls));
    assert_int_equal(scouts_of(&calls, scouts, 9), 0);
    assert_false(calls_over(&calls)); // of no one's grace
    assert_int_equal(calls.known, CALLS_COME);
}

static void one_that_is_missed_has_its_grace(void **state)
{
    (void)state;
    struct calls calls = {CALLS_UNKNOWN, 0, ""};
    assert_false(calls_heard(&calls, ""));
    assert_true(calls_missed(&calls, ONE));
    assert_false(calls_missed(&calls, OTHER)); // one at a time
    assert_false(calls_heard(&calls, OTHER));
    assert_int_equal(calls.known, CALLS_UNKNOWN);
    assert_true(calls_heard(&calls, ONE));
    assert_int_equal(calls.known, CALLS_COME);
    assert_false(calls_over(&calls));
    assert_int_equal(calls.known, CALLS_COME);
}

// Others that called meanwhile do not help: it is lost, and so may be more.
static void then_they_do_not_come(void **state)
{
    (void)state;
    struct calls calls = {CALLS_COME, 0, ""};
    bool scout = false;
    assert_true(calls_missed(&calls, ONE));
    assert_true(calls_wait(&calls, &scout));
    assert_false(calls_came(&calls));
    assert_true(calls_over(&calls));
    assert_false(calls_over(&calls));
    assert_int_equal(calls.known, CALLS_LOST);
    assert_false(calls_wait(&calls, &scout));
    assert_false(scout);
    assert_false(calls_missed(&calls, OTHER)); // it is known
    assert_true(calls_came(&calls));
    assert_true(calls_wait(&calls, &scout));
}

static void read_until_they_come_at_the_end_alone(void **state)
{
    (void)state;
    struct calls calls = {0};
    for (int i = 0; i < CALLS_READ; i++) {
        assert_true(calls_tell(&calls));
        calls_read(&calls, false);
    }
    assert_false(calls_tell(&calls));
    calls_read(&calls, true);
    assert_true(calls_tell(&calls));
    calls_read(&calls, false);
    assert_true(calls_tell(&calls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_are_asked_for),
        cmocka_unit_test(one_that_came_proves_it),
        cmocka_unit_test(one_that_is_missed_has_its_grace),
        cmocka_unit_test(then_they_do_not_come),
        cmocka_unit_test(read_until_they_come_at_the_end_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
