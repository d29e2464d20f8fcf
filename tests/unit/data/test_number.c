// Numbers as text. Fingerprints are made of it: the quick way must write what
// the slow one does, to the last byte.

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/number.h"

#define ROUNDS 200000

static uint64_t dice = 88172645463325252u;

static uint64_t roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    return dice ^= dice << 17;
}

static void same_as_printf(double x)
{
    char said[NUMBER_TEXT], shortest[NUMBER_TEXT];
    int digits = DBL_DIG;
    do
        snprintf(shortest, sizeof(shortest), "%.*g", digits, x);
    while (digits++ < DBL_DECIMAL_DIG && strtod(shortest, NULL) != x);
    if (strchr(shortest, 'e') || x == floor(x))
        return; // spelled otherwise
    number_text(x, said);
    assert_string_equal(said, shortest);
}

static void short_ones_are_as_printf_has_them(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        double x = (double)(roll() % 9999999999999999u >> roll() % 54);
        for (uint64_t places = roll() % 20; places > 0; places--)
            x /= 10; // or beside it by a little
        same_as_printf(x);
        same_as_printf(-x);
        same_as_printf(nextafter(x, 0));
    }
}

static void so_are_decimals(void **state)
{
    (void)state;
    double scale = 1;
    for (int places = 0; places < 19; places++, scale *= 10)
        for (int i = 0; i < ROUNDS / 19; i++)
            same_as_printf((double)(roll() % 999999999999999u >> roll() % 50) /
                           scale);
}

static void so_are_all_others(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t bits = roll();
        double x;
        memcpy(&x, &bits, sizeof(x));
        if (isfinite(x))
            same_as_printf(x);
        same_as_printf((double)bits / 18446744073709551616.0);
        same_as_printf(ldexp((double)(bits >> 11), -(int)(bits % 64)));
    }
}

static void known_ones(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } all[] = {
        {0.1, "0.1"},          {-0.5, "-0.5"},       {1.01335559265, NULL},
        {0.0001, "0.0001"},    {0.00001, "1e-5"},    {12.25, "12.25"},
        {0.1 + 0.2, NULL},     {5e-324, "5e-324"},   {1e21, "1e21"},
        {123456789.125, NULL}, {99999.5, "99999.5"}, {-0.0, "0"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        char said[NUMBER_TEXT];
        number_text(all[i].x, said);
        if (all[i].text)
            assert_string_equal(said, all[i].text);
        assert_true(strtod(said, NULL) == all[i].x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ones),
        cmocka_unit_test(so_are_decimals),
        cmocka_unit_test(short_ones_are_as_printf_has_them),
        cmocka_unit_test(so_are_all_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
