#include "data/json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Read and written again.
static char *again(const char *text, size_t len, enum json_mode mode,
                   struct err *err)
{
    struct value *v = json_read(text, len, mode, err);
    if (!v)
        return NULL;
    char *out = json_text(v);
    value_free(v);
    return out;
}

static void round_trips(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; // out NULL: the same
    } cases[] = {
        {"null", NULL},
        {" [ 1 , 2.50 , -3 ] ", "[1,2.5,-3]"},
        {"{\"b\":1,\"a\":{\"c\":[]},\"d\":{}}", NULL},
        {"\"\\u00e9\\/\"", "\"\xc3\xa9/\""},
        {"\"\\ud83c\\udfac\"", "\"\xf0\x9f\x8e\xac\""},
        {"\"\\\"\\\\\\n\\r\\t\\b\\f\\u001f\x7f\"", NULL},
        {"9223372036854775807", NULL},
        {"-9223372036854775808", NULL},
        {"123456789012345678", NULL},
        {"0.1", NULL},
        {"1e21", NULL},
        {"1E+21", "1e21"},
        {"-0.0", "0"},
        {"-0", "0"},
        {"5.0", "5"},
        {"true", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {0};
        const char *want = cases[i].out ? cases[i].out : cases[i].in;
        char *strict =
            again(cases[i].in, strlen(cases[i].in), JSON_STRICT, &err);
        char *lenient =
            again(cases[i].in, strlen(cases[i].in), JSON_LENIENT, &err);
        assert_string_equal(strict ? strict : err.text, want);
        assert_string_equal(lenient ? lenient : err.text, want);
        free(strict);
        free(lenient);
    }
}

static void bad_text_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":}",
        "nul",
        "01",
        "1 2",
        "[1] x",
        "'a'",
        "\"a",
        "[NaN]",
        "[Infinity]",
        "0x10",
        "\"\\ud800\"",
        "\"\xff\"",
        "1e999",
        "\"\n\"",
        "{\"a\" 1}",
        "{a:1}",
        "// c\n1",
        "+1",
        ".5",
        "{\"\\u0000\":1}",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {0};
        for (int mode = JSON_STRICT; mode <= JSON_LENIENT; mode++) {
            size_t len = strlen(cases[i]);
            assert_null(json_read(cases[i], len, mode, &err));
            assert_int_equal(err.kind, ERR_FORMAT);
            assert_int_equal(strncmp(err.text, "line ", 5), 0);
        }
    }
    struct err err = {0};
    assert_null(json_read("{\n \"a\": ?}", 10, JSON_STRICT, &err));
    assert_int_equal(strncmp(err.text, "line 2 column 7: ", 17), 0);
    assert_null(json_read("[1,\n 2]\0 rest", 13, JSON_LENIENT, &err));
    assert_string_equal(err.text, "line 2 column 4: a NUL byte");
    assert_null(json_read("[\x1b", 2, JSON_LENIENT, &err));
    assert_null(strchr(err.text, '\x1b'));
}

static void modes_differ(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; // what the lenient mode makes of it
    } cases[] = {
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"},
        {"\"a\\u0000b\"", "\"a\\u0000b\""},
        {"\xef\xbb\xbf[1]", "[1]"},
        {"18446744073709551616", "1.8446744073709552e19"},
        // One that is too large does not blur the others.
        {"{\"99999999999999999999\":[9223372036854775807,-99999999999999999999"
         ",\"a\\\"99999999999999999999\",1.5]}",
         "{\"99999999999999999999\":[9223372036854775807,-1e20"
         ",\"a\\\"99999999999999999999\",1.5]}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {0};
        size_t len = strlen(cases[i].in);
        assert_null(json_read(cases[i].in, len, JSON_STRICT, &err));
        assert_int_equal(err.kind, ERR_FORMAT);
        char *got = again(cases[i].in, len, JSON_LENIENT, &err);
        assert_string_equal(got ? got : err.text, cases[i].out);
        free(got);
    }
    struct err err = {0};
    assert_null(json_read("[99999999999999999999]\0x", 24, JSON_LENIENT, &err));
    assert_null(json_read("[99999999999999999999", 21, JSON_LENIENT, &err));
    assert_null(json_read("[99999999999999999999,\"", 23, JSON_LENIENT, NULL));
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * (JSON_DEPTH_MAX + 1)];
    for (size_t deep = JSON_DEPTH_MAX; deep <= JSON_DEPTH_MAX + 1; deep++) {
        struct err err = {0};
        memset(text, '[', deep);
        memset(text + deep, ']', deep);
        struct value *v = json_read(text, 2 * deep, JSON_STRICT, &err);
        assert_int_equal(v != NULL, deep == JSON_DEPTH_MAX);
        if (!v)
            assert_string_equal(err.text, "nested deeper than 64 levels");
        value_free(v);
    }
    char *deep = malloc(1000000);
    memset(deep, '[', 1000000);
    assert_null(json_read(deep, 1000000, JSON_LENIENT, NULL));
    free(deep);
}

static struct value *sample(void)
{
    static const char text[] =
        "{\"b\":[1,{\"z\":0,\"y\":[]}],\"\xc3\xa9\":null,\"a\":{},\"B\":\"\"}";
    struct value *v = json_read(text, sizeof(text) - 1, JSON_STRICT, NULL);
    assert_non_null(v);
    return v;
}

static void canonical_sorts_keys(void **state)
{
    (void)state;
    struct value *v = sample();
    struct buf out;
    buf_init(&out, 1000);
    json_canonical(v, &out);
    assert_string_equal(out.data, "{\"B\":\"\",\"a\":{},\"b\":[1,{\"y\":[],"
                                  "\"z\":0}],\"\xc3\xa9\":null}");
    buf_free(&out);
    value_free(v);
}

static void pretty_is_the_same_in_lines(void **state)
{
    (void)state;
    struct err err;
    static const char text[] =
        "{\"name\":\"a\",\"list\":[1,2],\"empty\":{},\"deep\":{\"long\":"
        "\"0123456789012345678901234567890123456789\",\"more\":["
        "\"0123456789012345678901234567890123456789\"]}}";
    struct value *v = json_read(text, strlen(text), JSON_STRICT, &err);
    struct buf out;
    buf_init(&out, 1000);
    json_pretty(v, &out);
    assert_string_equal(
        out.data,
        "{\n"
        "  \"name\": \"a\",\n"
        "  \"list\": [1,2],\n"
        "  \"empty\": {},\n"
        "  \"deep\": {\n"
        "    \"long\": \"0123456789012345678901234567890123456789\",\n"
        "    \"more\": [\"0123456789012345678901234567890123456789\"]\n"
        "  }\n"
        "}\n");
    buf_free(&out);
    value_free(v);
}

static void all_or_nothing(void **state)
{
    (void)state;
    struct value *v = sample();
    struct buf out;
    buf_init(&out, 20);
    buf_str(&out, "x=");
    json_write(v, &out);
    assert_string_equal(out.data, "x=");
    assert_true(out.overflow);
    struct value *small = value_int(1);
    json_write(small, &out); // an older overflow does not matter
    assert_string_equal(out.data, "x=1");
    assert_true(out.overflow);
    buf_free(&out);
    value_free(small);
    value_free(v);
}

static void foreign_bytes_become_utf8(void **state)
{
    (void)state;
    struct value *v = value_strn("a\xff\0\xc3", 4);
    char *text = json_text(v);
    assert_string_equal(text, "\"a\xef\xbf\xbd\\u0000\xef\xbf\xbd\"");
    free(text);
    value_free(v);
}

// Every byte is written the same wherever it stands: texts are looked at
// several bytes at once.
static void a_byte_is_the_same_anywhere(void **state)
{
    (void)state;
    for (int byte = 0; byte <= 0xff; byte++) {
        char c = (char)byte, text[20];
        struct value *v = value_strn(&c, 1);
        char *alone = json_text(v);
        value_free(v);
        for (size_t at = 0; at < sizeof(text); at++) {
            memset(text, '~', sizeof(text));
            text[at] = c;
            v = value_strn(text, sizeof(text));
            char *whole = json_text(v);
            value_free(v);
            size_t wide = strlen(alone) - 2; // less its quotes
            assert_int_equal(strlen(whole), sizeof(text) - 1 + wide + 2);
            assert_memory_equal(whole + 1 + at, alone + 1, wide);
            assert_int_equal(strspn(whole + 1 + at + wide, "~"),
                             sizeof(text) - 1 - at);
            free(whole);
        }
        free(alone);
    }
}

static void numbers_are_shortest(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1, "-1"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {2.5e-7, "2.5e-7"},
        {1e21, "1e21"},
        {1e-10, "1e-10"},
        {123456789012345678, "1.2345678901234568e17"},
        {9007199254740992, "9007199254740992"},
        {-9007199254740992, "-9007199254740992"},
        {1e15, "1000000000000000"},
        {5e-324, "5e-324"},
        {-DBL_MAX, "-1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {1e100, "1e100"},
        {4.35, "4.35"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[NUMBER_TEXT];
        number_text(cases[i].x, text);
        assert_string_equal(text, cases[i].text);
        double back = -1;
        assert_true(number_read(text, &back));
        assert_true(back == cases[i].x);
    }
}

static void every_number_comes_back(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13; // xorshift: the same numbers every time
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double x, back;
        memcpy(&x, &bits, sizeof(x));
        if (!isfinite(x))
            continue;
        char text[NUMBER_TEXT];
        number_text(x, text);
        assert_true(number_read(text, &back));
        assert_true(back == x);
    }
}

static void numbers_ignore_the_locale(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        skip();
    numbers_are_shortest(state);
    round_trips(state);
    setlocale(LC_ALL, "C");
}

static void other_text_is_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      " 1",    "1 ",     "0x10", "inf",
                                      "nan",   "1e",    "e1",     "1,5",  "--1",
                                      "1.2.3", "1e999", "-1e999", "."};
    for (size_t i = 0; i < COUNT(bad); i++) {
        double x = 7;
        assert_false(number_read(bad[i], &x));
        assert_true(x == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(bad_text_is_refused),
        cmocka_unit_test(modes_differ),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(canonical_sorts_keys),
        cmocka_unit_test(pretty_is_the_same_in_lines),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(foreign_bytes_become_utf8),
        cmocka_unit_test(a_byte_is_the_same_anywhere),
        cmocka_unit_test(numbers_are_shortest),
        cmocka_unit_test(every_number_comes_back),
        cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(other_text_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
