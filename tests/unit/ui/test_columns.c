#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/columns.h"

static void counts_columns_not_characters(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int columns;
    } cases[] = {
        {"", 0},      {"pier", 4},      {"café", 4},     {"cafe\xcc\x81", 4},
        {"灯台", 4},  {"ｆｕｌｌ", 8},  {"등대", 4},     {"🎬", 2},
        {"…━⠋✓✗", 5}, {"\xff\xe6x", 3}, {"\xe7\x81", 2}, {"שָׁלוֹם", 4},
        {"กำ้", 2},    {"👨\u200d👩", 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(columns_of(cases[i].text), cases[i].columns);
}

static void counts_the_lines_that_a_terminal_wraps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int columns, lines;
    } cases[] = {
        {"", 80, 0},
        {"\n", 80, 1},
        {"12345\n12345\n", 5, 2},
        {"12345\n12345\n", 4, 4},
        {"\033[1m12345\033[0m\n \033[36m⠋\033[0m ab\n", 5, 2},
        {"灯台灯台\n", 8, 1},
        {"灯台灯台\n", 5, 2},
        {"x灯台灯台\n", 4, 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(columns_lines(cases[i].text, cases[i].columns),
                         cases[i].lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_columns_not_characters),
        cmocka_unit_test(counts_the_lines_that_a_terminal_wraps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
