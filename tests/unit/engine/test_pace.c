#include "engine/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int hundredths(const struct pace *pace)
{
    return (int)(pace->window * 100 + 0.5);
}

// A POST that was sent at `sent`, and refused at once.
static void refused(struct pace *pace, int64_t sent)
{
    pace_too_fast(pace, sent, 1, sent);
}

static void window_shrinks_and_grows(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 8, false);
    pace.own = 7;
    assert_true(pace_may(&pace, 0, 0));
    pace.own = 8;
    assert_false(pace_may(&pace, 0, 0));

    refused(&pace, 1000); // 8 -> 4
    assert_int_equal(hundredths(&pace), 400);
    pace.own = 4;
    assert_false(pace_may(&pace, 0, 1001));
    pace.own = 3;
    assert_true(pace_may(&pace, 0, 1001));
    refused(&pace, 1001); // -> 2
    refused(&pace, 1002); // -> 1, and no further
    refused(&pace, 1003);
    assert_int_equal(hundredths(&pace), 100);
    pace.own = 0;
    assert_true(pace_may(&pace, 0, 1004));
    pace.own = 1;
    assert_false(pace_may(&pace, 0, 1004));
}

static void a_burst_halves_once(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 8, false);
    pace.own = 8;
    pace_too_fast(&pace, 990, -1, 1000);
    pace_too_fast(&pace, 980, -1, 1500); // all of them were sent before
    pace_too_fast(&pace, 1000, -1, 9000);
    assert_int_equal(hundredths(&pace), 400);
    assert_int_equal(pace.closing.slow, 1);
    pace_too_fast(&pace, 1001, -1, 9000); // not this one
    assert_int_equal(hundredths(&pace), 200);
    assert_int_equal(pace.closing.slow, 2);
}

static void grows_back_and_slowly_beyond(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 8, false);
    pace.own = 6; // five of them are borne
    pace_too_fast(&pace, 1, 1, 1);
    assert_int_equal(hundredths(&pace), 400);
    pace_accepted(&pace); // back to what was borne, at once
    assert_int_equal(hundredths(&pace), 500);
    pace_accepted(&pace); // and on by one for four windows of acceptances
    assert_int_equal(hundredths(&pace), 505);
    for (int i = 1; i < 4 * 5; i++)
        pace_accepted(&pace);
    assert_in_range(hundredths(&pace), 590, 600);
    for (int i = 0; i < 200; i++)
        pace_accepted(&pace);
    assert_int_equal(hundredths(&pace), 800);
}

static void others_count_but_never_stop_us(void **state)
{
    (void)state;
    struct pace pace;
    pace_init(&pace, 4, false);
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
    pace_init(&pace, 4, false);
    pace_too_fast(&pace, 900, 7000, 1000);
    assert_false(pace_may(&pace, 0, 7999));
    assert_int_equal(pace_closed_for(&pace, 7999), 1);
    assert_true(pace_may(&pace, 0, 8000));
    assert_int_equal(pace_closed_for(&pace, 8000), 0);
    for (int64_t t = 8000; t < 8000 + 1000 * 20; t += 1000) { // however often
        pace_too_fast(&pace, t, 1000, t);
        assert_int_equal(pace_closed_for(&pace, t), 1000);
    }
    pace_too_fast(&pace, 30000, 2000, 30000); // the longest of a burst counts
    pace_too_fast(&pace, 30000, 1000, 30500);
    assert_int_equal(pace_closed_for(&pace, 31000), 1000);
}

// Not said, or said to be nothing: it doubles until something is accepted.
static void backs_off_unless_told(void **state)
{
    (void)state;
    static const int64_t not_said[] = {500,  1000,  2000, 4000,
                                       8000, 15000, 15000};
    static const int64_t nothing[] = {250, 500, 1000, 2000, 4000, 8000, 15000};
    static const int64_t near[] = {250, 500, 1000, 2000, 4000, 4000, 4000};
    static const int64_t *const all[] = {not_said, nothing, near, near};
    for (size_t i = 0; i < 4; i++) {
        const int64_t *waits = all[i], told = i % 2 ? 0 : -1;
        struct pace pace;
        pace_init(&pace, 4, i >= 2);
        int64_t now = 0;
        for (size_t k = 0; k < 7; k++) {
            pace_too_fast(&pace, now, told, now);
            assert_int_equal(pace_closed_for(&pace, now), waits[k]);
            now += waits[k];
        }
        pace_accepted(&pace);
        now += 100000;
        pace_too_fast(&pace, now, told, now);
        assert_int_equal(pace_closed_for(&pace, now), waits[0]);
    }
}

static void questions_wait_alike(void **state)
{
    (void)state;
    struct closing asks;
    closing_init(&asks, false);
    assert_int_equal(closing_wait(&asks, 0), 0);
    assert_true(closing_note(&asks, 90, 5000, 100));
    assert_int_equal(closing_wait(&asks, 100), 5000);
    assert_false(closing_note(&asks, 95, -1, 200));
    assert_int_equal(closing_wait(&asks, 200), 4900);
    assert_true(closing_note(&asks, 5100, -1, 5200));
    assert_int_equal(closing_wait(&asks, 5200), 1000);
    closing_answered(&asks);
    assert_true(closing_note(&asks, 8000, -1, 8000));
    assert_int_equal(closing_wait(&asks, 8000), 500);
}

// --- a service that bears so many at once, and refuses one more
#define TASK_MS 20000
#define ROUND_MS 60 // until a submit is answered
#define STEP_MS 10
#define HOURS_MS (4 * 3600 * 1000)
#define OPEN_MAX 64

struct bearing {
    int64_t posts, refusals, done;
    int64_t answers[OPEN_MAX], ends[OPEN_MAX]; // 0: not under way
};

static int open_at(const struct bearing *b)
{
    int n = 0;
    for (size_t i = 0; i < OPEN_MAX; i++)
        n += b->ends[i] > 0;
    return n;
}

static void answer(struct bearing *b, struct pace *pace, size_t i, int capacity,
                   int64_t now)
{
    int64_t sent = b->answers[i] - ROUND_MS;
    b->answers[i] = 0;
    if (open_at(b) < capacity) {
        b->ends[i] = now + TASK_MS - (int64_t)(i * 37 % 4000);
        pace_accepted(pace);
    } else {
        b->refusals++;
        pace_too_fast(pace, sent, -1, now);
        pace->own--;
    }
}

static void pass(struct bearing *b, struct pace *pace, int capacity,
                 int64_t now)
{
    for (size_t i = 0; i < OPEN_MAX; i++) {
        if (b->ends[i] > 0 && b->ends[i] <= now) {
            b->ends[i] = 0;
            b->done++;
            pace->own--;
        }
        if (b->answers[i] > 0 && b->answers[i] <= now)
            answer(b, pace, i, capacity, now);
        if (!b->ends[i] && !b->answers[i] && pace_may(pace, 0, now)) {
            b->answers[i] = now + ROUND_MS;
            b->posts++;
            pace->own++;
        }
    }
}

static void uses_what_a_service_bears(void **state)
{
    (void)state;
    for (int capacity = 1; capacity <= 12; capacity++) {
        struct bearing b = {0};
        struct pace pace;
        pace_init(&pace, 32, false);
        for (int64_t now = 1; now < HOURS_MS; now += STEP_MS)
            pass(&b, &pace, capacity, now);
        int64_t most = (int64_t)HOURS_MS * capacity / (TASK_MS - 2000);
        assert_true(b.done * 100 >= most * 85);
        assert_true(b.refusals * 100 <= b.posts * (capacity < 3 ? 20 : 10));
    }
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
        cmocka_unit_test(a_burst_halves_once),
        cmocka_unit_test(grows_back_and_slowly_beyond),
        cmocka_unit_test(obeys_retry_after),
        cmocka_unit_test(backs_off_unless_told),
        cmocka_unit_test(questions_wait_alike),
        cmocka_unit_test(uses_what_a_service_bears),
        cmocka_unit_test(backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
