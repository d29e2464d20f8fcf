#include "engine/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define NOON INT64_C(1773403200000) // Fri 13 March 2026, 12:00 UTC

static void says_the_time_and_how_long(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t now, wait;
        const char *text;
    } cases[] = {
        {"UTC0", NOON, MINUTE, "at 12:01 (in 1 min)"},
        {"UTC0", NOON, 1, "at 12:01 (in 1 min)"},
        {"UTC0", NOON, 59 * MINUTE + 1, "at 13:00 (in 1 h)"},
        {"UTC0", NOON, 2 * HOUR, "at 14:00 (in 2 h)"},
        {"UTC0", NOON, 5 * HOUR + 12 * MINUTE, "at 17:12 (in 5 h 12 min)"},
        {"UTC0", NOON + 1, HOUR, "at 13:01 (in 1 h)"}, // never too early
        {"UTC0", NOON, 12 * HOUR, "on Sat 14 Mar at 00:00 (in 12 h)"},
        {"UTC0", NOON, 30 * HOUR, "on Sat 14 Mar at 18:00 (in 30 h)"},
        {"UTC0", NOON, 49 * HOUR, "on Sun 15 Mar at 13:00 (in 2 days)"},
        {"UTC0", NOON, 366 * 24 * HOUR, "on Sun 14 Mar at 12:00 (in 366 days)"},
        {"XYZ-9", NOON, 5 * HOUR, "on Sat 14 Mar at 02:00 (in 5 h)"},
        {"XYZ+5:30", NOON, 5 * HOUR, "at 11:30 (in 5 h)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setenv("TZ", cases[i].zone, 1);
        tzset();
        char *text = when_text(cases[i].now, cases[i].wait);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_the_time_and_how_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
