#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void utf8_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len;
        bool ok;
    } cases[] = {
        {"", 0, true},
        {"plain", 5, true},
        {"\xc3\xa9", 2, true},
        {"\xe2\x82\xac", 3, true},
        {"\xf0\x9f\x8e\xac", 4, true},
        {"\xf4\x8f\xbf\xbf", 4, true},
        {"a\0b", 3, false},             // NUL
        {"\x80", 1, false},             // continues nothing
        {"\xc0\x80", 2, false},         // overlong
        {"\xc1\xbf", 2, false},         // overlong
        {"\xe0\x9f\xbf", 3, false},     // overlong
        {"\xf0\x8f\xbf\xbf", 4, false}, // overlong
        {"\xed\xa0\x80", 3, false},     // surrogate
        {"\xf4\x90\x80\x80", 4, false}, // beyond Unicode
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"\xc3", 1, false}, // cut short
        {"\xe2\x82", 2, false},
        {"\xe2(\xac", 3, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_is_utf8(cases[i].s, cases[i].len), cases[i].ok);
    uint32_t code = 0;
    assert_int_equal(text_utf8("\xf0\x9f\x8e\xac", 4, &code), 4);
    assert_int_equal(code, 0x1f3ac);
    assert_int_equal(text_utf8("", 0, &code), 0);
}

static void stems(void **state)
{
    (void)state;
    static const struct {
        const char *s, *end;
        size_t stem;
    } cases[] = {
        {"a.lock", ".lock", 1},
        {"a.lock.lock", ".lock", 6},
        {".lock", ".lock", 0},
        {"a.locks", ".lock", 0},
        {"lock", ".lock", 0},
        {"", ".lock", 0},
        {"a.LOCK", ".lock", 0},
        {"abc", "", 3},
        {"", "", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_stem(cases[i].s, cases[i].end), cases[i].stem);
}

static void nearest_name_is_found(void **state)
{
    (void)state;
    static const char *const names[] = {"prompt", "image", "ratio", "seconds",
                                        "sweep",  "x",     "y"};
    static const struct {
        const char *word, *near;
    } cases[] = {
        {"promt", "prompt"},
        {"pormpt", "prompt"},
        {"Prompt", "prompt"},
        {"sweeps", "sweep"},
        {"second", "seconds"},
        {"imgae", "image"},
        {"ration", "ratio"},
        {"banana", NULL},
        {"", NULL},
        {"q", NULL},
        {"xx", "x"},
        {"SECONDS", "seconds"},
        {"secondssssssss", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = text_nearest(cases[i].word, names, COUNT(names));
        if (cases[i].near)
            assert_string_equal(got ? got : "(none)", cases[i].near);
        else
            assert_null(got);
    }
    char word[5000];
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(text_nearest(word, names, COUNT(names)));
    assert_null(text_nearest("x", names, 0));
}

static void durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        int64_t ms;
    } cases[] = {
        {"250ms", 250},   {"30s", 30000},
        {"1.5m", 90000},  {"2h", 7200000},
        {"0s", 0},        {"0.001s", 1},
        {"0.1h", 360000}, {"1.9999s", 2000},
        {"007s", 7000},   {"999999999h", 999999999LL * 3600 * 1000},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ms = -1;
        assert_true(text_duration(cases[i].s, &ms));
        assert_int_equal(ms, cases[i].ms);
    }
    static const char *const bad[] = {
        "",    "5",    "s",    "-5s",   "+5s",  "5 s", " 5s",         "5s ",
        ".5s", "5.s",  "5d",   "5S",    "1e3s", "5ss", "1234567890s", "0x5s",
        "nan", "infs", "1,5s", "1..5s",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ms = -1;
        assert_false(text_duration(bad[i], &ms));
        assert_int_equal(ms, -1);
    }
}

static void printable_hides_what_acts(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len, max;
        const char *want;
    } cases[] = {
        {"plain", 5, 100, "plain"},
        {"a\x1b[31mred\n", 10, 100, "a?[31mred?"},
        {"a\0b", 3, 100, "a?b"},
        {"\x7f\xc2\x9b", 3, 100, "??"},
        {"caf\xc3\xa9", 5, 100, "caf\xc3\xa9"},
        {"caf\xc3\xa9s", 6, 4, "caf"}, // not half, and nothing after it
        {"\xff\xc3", 2, 100, "??"},
        {"x\xe2\x80\xaey", 5, 100, "x?y"}, // right-to-left override
        {"abc", 3, 0, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = text_printable(cases[i].s, cases[i].len, cases[i].max);
        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

static void cuts_between_characters(void **state)
{
    (void)state;
    const char *s = "a\xc3\xa9\xf0\x9f\x8e\xac.";
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 3, 7, 8};
    for (size_t max = 0; max < COUNT(want); max++)
        assert_int_equal(text_cut(s, max), want[max]);
}

static void prefixes(void **state)
{
    (void)state;
    assert_true(text_starts("https://x", "https:"));
    assert_true(text_starts("x", ""));
    assert_false(text_starts("http", "https:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(nearest_name_is_found),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(printable_hides_what_acts),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(stems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
