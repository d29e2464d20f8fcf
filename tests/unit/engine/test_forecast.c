// When to ask: fewer polls than a fixed rhythm, and no later than that.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "polling.h"

#define FLOOR 5000
#define WARM 100
#define TASKS 3000
#define SEED 20261122

static struct outcome fixed, sdk, planned;
static struct polling polling; // of the planned ones

static void play(const struct tasks *t, int skip, int n)
{
    struct polling p = {.who = FIXED, .floor = FLOOR};
    polling_run(&p, t, SEED, skip, n, &fixed);
    p = (struct polling){.who = SDK};
    polling_run(&p, t, SEED, skip, n, &sdk);
    polling = (struct polling){.who = PLANNED, .floor = FLOOR};
    polling_run(&polling, t, SEED, skip, n, &planned);
}

// What a fixed rhythm has, but where it happens to hit the end of each.
static double usual_lag(void)
{
    return fixed.lag > FLOOR / 2.0 ? fixed.lag : FLOOR / 2.0;
}

static void fewer_and_no_later(void **state)
{
    (void)state;
    static const double medians[] = {20, 30, 45, 60, 90, 120, 180, 300};
    static const double sigmas[] = {0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.7, 1};
    for (size_t s = 0; s < sizeof(sigmas) / sizeof(*sigmas); s++) {
        double lag = 0, usual = 0;
        for (size_t m = 0; m < sizeof(medians) / sizeof(*medians); m++) {
            struct tasks t = {LOGNORMAL, medians[m] * 1000, sigmas[s]};
            play(&t, WARM, TASKS);
            lag += planned.lag;
            usual += fixed.lag;
            assert_true(planned.lag <= 1.03 * usual_lag());
            assert_true(planned.lag < sdk.lag);
            assert_true(planned.polls <=
                        (sigmas[s] < 0.3 ? 0.75 : 1) * fixed.polls);
        }
        assert_true(lag <= 1.02 * usual);
    }
}

static void even_and_alike(void **state)
{
    (void)state;
    static const struct tasks all[] = {
        {UNIFORM, 60000, 0.5},   {UNIFORM, 100000, 0.2}, {UNIFORM, 21000, 0.02},
        {UNIFORM, 19000, 0.02},  {ALIKE, 20000, 0},      {ALIKE, 23700, 0},
        {UNIFORM, 300000, 0.05},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        play(&all[i], WARM, TASKS);
        assert_true(planned.lag <= 1.02 * usual_lag());
        assert_true(planned.lag < sdk.lag);
        assert_true(planned.polls <= 0.75 * fixed.polls);
    }
}

// Some are answered out of a cache: nothing is asked for in between.
static void two_humps(void **state)
{
    (void)state;
    for (int hits = 1; hits <= 7; hits += 2) {
        struct tasks t = {BIMODAL, 120000, hits / 10.0};
        play(&t, WARM, TASKS);
        assert_true(planned.lag <= 1.03 * fixed.lag);
        assert_true(planned.lag < sdk.lag);
        assert_true(planned.polls <= 0.75 * fixed.polls);
    }
}

static void follows_a_service_that_changes(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct tasks t = {i % 2 ? SLOWER : FASTER, 30000 * (1 << i / 2), 0.2};
        play(&t, WARM, 1000);
        assert_true(planned.lag <= 1.02 * usual_lag() * 1.02);
        assert_true(planned.lag < sdk.lag);
        assert_true(planned.polls <= 0.75 * fixed.polls);
    }
}

// Twice as fast from one task to the next: the lag of each that follows, as the
// mean of many such services.
static void recovers_within_few(void **state)
{
    (void)state;
    enum { SERVICES = 300, BEFORE = 200, AFTER = 20 };
    double lags[AFTER] = {0};
    for (int s = 0; s < SERVICES; s++) {
        struct dice d = {(uint64_t)s * 991 + 3};
        struct polling p = {.who = PLANNED, .floor = FLOOR, .dice = {7}};
        for (int i = 0; i < BEFORE + AFTER; i++) {
            double lag, polls, median = i < BEFORE ? 60000 : 30000;
            polling_task(&p, median * exp(0.2 * dice_normal(&d)), &lag, &polls);
            if (i >= BEFORE)
                lags[i - BEFORE] += lag / SERVICES;
        }
    }
    assert_true(lags[0] > 1.5 * FLOOR / 2); // or this shows nothing
    for (int i = 10; i < AFTER; i++)
        assert_true(lags[i] <= 1.1 * FLOOR / 2);
}

// Never above the fixed rhythm: not of any task, whatever it is like, and
// whatever came before it.
static void never_more_of_any_task(void **state)
{
    (void)state;
    struct dice d = {5};
    struct polling p = {.who = PLANNED, .floor = FLOOR, .dice = {6}};
    for (int i = 0; i < 20000; i++) {
        double takes = 1000 * exp(6 * dice_roll(&d)), lag, polls;
        polling_task(&p, takes, &lag, &polls);
        assert_true(polls <= fmax(ceil(takes / FLOOR), 1));
    }
}

static void few_are_polled_as_ever(void **state)
{
    (void)state;
    for (int n = 0; n <= 4; n++) {
        struct polling p = {.who = PLANNED, .floor = FLOOR};
        for (int i = 0; i < n; i++)
            forecast_learn(&p.forecast, 115000, 120000);
        for (int64_t age = 0; age < 20 * 60000; age += FLOOR)
            assert_int_equal(
                forecast_wait(&p.forecast, FLOOR, age, age == 0, 0.5), FLOOR);
    }
}

static void knows_after_five(void **state)
{
    (void)state;
    struct forecast f = {0};
    for (int i = 0; i < 5; i++)
        forecast_learn(&f, 115000, 120000);
    int64_t first = forecast_wait(&f, FLOOR, 0, true, 0.5);
    assert_true(first > 4 * FLOOR && first < 115000);
}

static void waits_are_bounded(struct forecast *f)
{
    for (int64_t age = 0; age < (int64_t)40 * 24 * 3600 * 1000;
         age = age * 2 + 1) {
        for (int chance = 0; chance < 10; chance++) {
            int64_t wait =
                forecast_wait(f, FLOOR, age, age == 0, chance / 10.0);
            assert_in_range(wait, FLOOR, 10 * 60 * 1000);
            wait = forecast_patience(f, FLOOR, age, 60000);
            assert_in_range(wait, FLOOR, 10 * 60 * 1000);
        }
    }
}

static void bears_anything(void **state)
{
    (void)state;
    static const double odd[] = {0,   1e-9,   0.5, 1,        1e3,
                                 5e3, 1e6,    1e9, 1e12,     1e300,
                                 -1,  -1e300, NAN, INFINITY, -INFINITY};
    enum { ODD = sizeof(odd) / sizeof(*odd) };
    struct dice d = {9};
    for (int i = 0; i < 60; i++) {
        struct forecast f = {0};
        for (int k = 0; k < 150; k++) {
            double a = odd[(int)(dice_roll(&d) * ODD)];
            double b = i % 2 ? a : odd[(int)(dice_roll(&d) * ODD)];
            forecast_learn(&f, a, b);
            if (k % 29 == 0)
                waits_are_bounded(&f);
        }
        waits_are_bounded(&f);
    }
}

static void one_that_hangs_is_asked_less(void **state)
{
    (void)state;
    struct forecast f = {0};
    for (int i = 0; i < FORECAST_KNOWN; i++)
        forecast_learn(&f, 55000 + 100 * i, 60000 + 100 * i);
    assert_int_equal(forecast_wait(&f, FLOOR, 100000, false, 0), FLOOR);
    int64_t hour = forecast_wait(&f, FLOOR, 3600000, false, 0);
    assert_in_range(hour, 4 * FLOOR, 60000);
}

static void a_callback_is_waited_for(void **state)
{
    (void)state;
    struct forecast f = {0};
    assert_int_equal(forecast_patience(&f, FLOOR, 0, 60000), 60000);
    assert_int_equal(forecast_patience(&f, FLOOR, 60000, 60000), 15000);
    for (int i = 0; i < 20; i++)
        forecast_learn(&f, 19000, 20000);
    int64_t late = forecast_patience(&f, FLOOR, 0, 60000);
    assert_in_range(late, 25000, 40000);
    assert_int_equal(forecast_patience(&f, FLOOR, 20000, 60000), late - 20000);
    assert_false(forecast_is_late(&f, FLOOR, late - 1, 60000));
    assert_true(forecast_is_late(&f, FLOOR, late, 60000));
    struct forecast few = {0}; // which may have been the fastest
    for (int i = 0; i < 5; i++)
        forecast_learn(&few, 19000, 20000);
    assert_true(forecast_patience(&few, FLOOR, 0, 60000) > late + 5000);
}

// Who waits for callbacks plans no polls; once they stop coming, they are
// planned as if nobody had waited.
static void polls_are_planned_when_they_are_asked_for(void **state)
{
    (void)state;
    struct forecast polled = {0}, called = {0};
    for (int i = 0; i < 40; i++) {
        forecast_learn(&polled, 19000 + 50 * i, 20000 + 50 * i);
        forecast_learn(&called, 19000 + 50 * i, 20000 + 50 * i);
    }
    int64_t late = forecast_patience(&called, FLOOR, 0, 60000);
    int64_t first = forecast_wait(&polled, FLOOR, 0, true, 0.5);
    assert_true(first > 10000);
    assert_int_equal(forecast_wait(&called, FLOOR, 0, true, 0.5), first);
    assert_int_equal(forecast_patience(&called, FLOOR, 0, 60000), late);
    assert_int_equal(forecast_wait(&called, FLOOR, 0, true, 0.5), first);
}

// "It had ended when we first asked" must not move the first poll on and on.
static void does_not_drift(void **state)
{
    (void)state;
    struct polling p = {.who = PLANNED, .floor = FLOOR, .dice = {4}};
    struct tasks t = {LOGNORMAL, 60000, 0.05};
    struct dice d = {3};
    double lag = 0;
    for (int i = 0; i < 15000; i++) {
        double one, polls;
        polling_task(&p, tasks_take(&t, &d, i, 15000) + 20, &one, &polls);
        lag += i < 10000 ? 0 : one / 5000;
    }
    assert_true(lag <= 1.03 * FLOOR / 2);
}

// With a shorter least time, the time in between is chosen: by what a poll is
// worth, and never longer than the usual.
static void chooses_the_time_in_between(void **state)
{
    (void)state;
    static const double worth[] = {5, 20, 50, 100, 200, 1000};
    struct tasks t = {LOGNORMAL, 60000, 0.3};
    double lag = 0, polls = INFINITY;
    for (size_t i = 0; i < sizeof(worth) / sizeof(*worth); i++) {
        struct polling p = {
            .who = PLANNED, .floor = 1000, .forecast = {.worth = worth[i]}};
        polling_run(&p, &t, SEED, WARM, TASKS, &planned);
        assert_true(planned.lag >= 0.98 * lag && planned.polls <= 1.02 * polls);
        assert_true(planned.lag <= 1.03 * FORECAST_USUAL_MS / 2);
        lag = planned.lag;
        polls = planned.polls;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_and_no_later),
        cmocka_unit_test(even_and_alike),
        cmocka_unit_test(two_humps),
        cmocka_unit_test(follows_a_service_that_changes),
        cmocka_unit_test(recovers_within_few),
        cmocka_unit_test(never_more_of_any_task),
        cmocka_unit_test(few_are_polled_as_ever),
        cmocka_unit_test(knows_after_five),
        cmocka_unit_test(bears_anything),
        cmocka_unit_test(one_that_hangs_is_asked_less),
        cmocka_unit_test(a_callback_is_waited_for),
        cmocka_unit_test(polls_are_planned_when_they_are_asked_for),
        cmocka_unit_test(does_not_drift),
        cmocka_unit_test(chooses_the_time_in_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
