#include "engine/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void window_shrinks_and_grows(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 8);
    pace.own = 7;
    assert_true(pace_may(&pace, 0, 0));
    pace.own = 8;
    assert_false(pace_may(&pace, 0, 0));

    pace_too_fast(&pace, 0, 1000); // 8 -> 4
    pace.own = 4;
    assert_false(pace_may(&pace, 0, 1000));
    pace.own = 3;
    assert_true(pace_may(&pace, 0, 1000));
    pace_too_fast(&pace, 0, 1500); // the same burst
    assert_true(pace_may(&pace, 0, 1500));
    pace_too_fast(&pace, 0, 3000); // 4 -> 2
    assert_false(pace_may(&pace, 0, 3000));
    pace_too_fast(&pace, 0, 5000); // 2 -> 1, and no further
    pace_too_fast(&pace, 0, 7000);
    pace.own = 0;
    assert_true(pace_may(&pace, 0, 7000));
    pace.own = 1;
    assert_false(pace_may(&pace, 0, 7000));

    pace_accepted(&pace); // one more for each window of acceptances
    assert_true(pace_may(&pace, 0, 7000));
    for (int i = 0; i < 100; i++)
        pace_accepted(&pace);
    pace.own = 7;
    assert_true(pace_may(&pace, 0, 7000));
    pace.own = 8;
    assert_false(pace_may(&pace, 0, 7000));
}

static void others_count_but_never_stop_us(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 4);
    pace.own = 1;
    assert_true(pace_may(&pace, 2, 0));
    assert_false(pace_may(&pace, 3, 0));
    pace.own = 0;
    assert_true(pace_may(&pace, 100, 0));
}

static void obeys_retry_after(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 4);
    pace_too_fast(&pace, pace_retry_after("7"), 1000);
    assert_false(pace_may(&pace, 0, 7999));
    assert_int_equal(pace_closed_for(&pace, 7999), 1);
    assert_true(pace_may(&pace, 0, 8000));
    assert_int_equal(pace_closed_for(&pace, 8000), 0);

    // Not said: it doubles.
    pace_init(&pace, 4);
    pace_too_fast(&pace, -1, 0);
    int64_t first = pace_closed_for(&pace, 0);
    assert_int_equal(first, 2000);
    pace_too_fast(&pace, -1, 10000);
    assert_int_equal(pace_closed_for(&pace, 10000), 4000);
    pace_accepted(&pace);
    pace_too_fast(&pace, -1, 20000);
    assert_int_equal(pace_closed_for(&pace, 20000), 2000);
}

static void reads_retry_after(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"30", 30000},
        {"999999999999999999999", 3600000},
        {"", -1},
        {NULL, -1},
        {"-1", -1},
        {"1.5", -1},
        {"Wed, 21 Oct 2026 07:28:00 GMT", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(pace_retry_after(cases[i].text), cases[i].ms);
}

static void spreads_polls(void **state)
{
    (void)state;
    static const struct {
        int n;
        int64_t min;
        double chance;
        int64_t ms;
    } cases[] = {
        {0, 5000, 0.5, 5000},   {1, 5000, 0.5, 7500}, {2, 5000, 0.5, 11250},
        {9, 5000, 0.5, 15000},  {9, 5000, 0, 12000},  {0, 5000, 0, 5000},
        {1000, 250, 0.5, 1000}, {0, 250, 0.5, 250},   {3, 60000, 0.5, 60000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            pace_poll_delay(cases[i].n, cases[i].min, cases[i].chance),
            cases[i].ms);
}

static void backs_off(void **state)
{
    (void)state;
    assert_int_equal(pace_back_off(0, 500, 4000, 0.5), 500);
    assert_int_equal(pace_back_off(1, 500, 4000, 0.5), 1000);
    assert_int_equal(pace_back_off(50, 500, 4000, 0.5), 4000);
    assert_int_equal(pace_back_off(50, 500, 4000, 0), 3200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_shrinks_and_grows),
        cmocka_unit_test(others_count_but_never_stop_us),
        cmocka_unit_test(obeys_retry_after),
        cmocka_unit_test(reads_retry_after),
        cmocka_unit_test(spreads_polls),
        cmocka_unit_test(backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
