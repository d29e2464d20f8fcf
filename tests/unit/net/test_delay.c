// Retry-After, as services write it.

#include "net/delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SUNDAY "Sun, 06 Nov 1994 08:49:37 GMT"
#define SUNDAY_MS INT64_C(784111777000)
#define A_YEAR (INT64_C(366) * 24 * 3600 * 1000)

static void reads_seconds_and_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *date;
        int64_t wall_ms, ms;
    } cases[] = {
        {"0", NULL, 0, 0},
        {"30", NULL, 0, 30000},
        {"18720", SUNDAY, 0, 18720000},
        {"999999999999999999999", NULL, 0, A_YEAR},
        {SUNDAY, NULL, SUNDAY_MS - 7500, 7500},
        {SUNDAY, NULL, SUNDAY_MS + 1, 0},
        {SUNDAY, NULL, 0, A_YEAR},
        {SUNDAY, "Sun, 06 Nov 1994 08:49:30 GMT", 0, 7000},
        {SUNDAY, "yesterday", SUNDAY_MS - 1000, 1000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", NULL, SUNDAY_MS - 1000, 1000},
        {"Sun Nov  6 08:49:37 1994", NULL, SUNDAY_MS - 1000, 1000},
        {"", NULL, 0, -1},
        {NULL, NULL, 0, -1},
        {"-1", NULL, 0, -1},
        {"1.5", NULL, 0, -1},
        {"19941106", NULL, 0, 19941106000},
        {" 5", NULL, 0, -1},
        {"soon", NULL, 0, -1},
        {"Sun, 99 Nov 1994 08:49:37 GMT", NULL, 0, -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            net_retry_after(cases[i].text, cases[i].date, cases[i].wall_ms),
            cases[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_seconds_and_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
