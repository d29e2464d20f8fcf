#include "data/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// The JSON of what was read, or else all problems.
static char *outcome(const char *text, size_t len)
{
    struct problems p;
    problems_init(&p, "f");
    struct value *v = yaml_read(text, len, &p);
    assert_int_equal(v == NULL, p.errors > 0);
    struct buf out;
    buf_init(&out, 8 << 20);
    if (v)
        json_write(v, &out);
    problems_write(&p, &out);
    value_free(v);
    problems_free(&p);
    return buf_take(&out);
}

static void assert_outcome(const char *text, const char *want)
{
    char *got = outcome(text, strlen(text));
    assert_string_equal(got, want);
    free(got);
}

static void scalars_follow_the_core_schema(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"null", "null"},
        {"~", "null"},
        {"NULL", "null"},
        {"nUll", "\"nUll\""},
        {"true", "true"},
        {"FALSE", "false"},
        {"tRue", "\"tRue\""},
        {"yes", "\"yes\""},
        {"no", "\"no\""},
        {"on", "\"on\""},
        {"5", "5"},
        {"-5", "-5"},
        {"+5", "5"},
        {"007", "7"},
        {"0x1F", "31"},
        {"0o17", "15"},
        {"0b1", "\"0b1\""},
        {"-0x1", "\"-0x1\""},
        {"0x", "\"0x\""},
        {"0o8", "\"0o8\""},
        {"1_000", "\"1_000\""},
        {"1.5", "1.5"},
        {"1.", "1"},
        {".5", "0.5"},
        {"-.5e-3", "-0.0005"},
        {"1e3", "1000"},
        {"1e", "\"1e\""},
        {"+", "\"+\""},
        {".", "\".\""},
        {"16:9", "\"16:9\""},
        {"12:30:45", "\"12:30:45\""},
        {"2026-03-01", "\"2026-03-01\""},
        {"'5'", "\"5\""},
        {"\"true\"", "\"true\""},
        {"\"\"", "\"\""},
        {"|\n  5\n", "\"5\\n\""},
        {"!!str 5", "\"5\""},
        {"!!int '5'", "5"},
        {"!!float 5", "5"},
        {"!!bool 'true'", "true"},
        {"!!null ''", "null"},
        {"! 5", "\"5\""},
        {"!<tag:yaml.org,2002:int> 3", "3"},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"${prompt}", "\"${prompt}\""},
        {"\"a\\0b\"", "\"a\\u0000b\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_outcome(cases[i].in, cases[i].out);
}

static void trees_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a: 1\nb:\n  - x\n  - {c: d}\n",
         "{\"a\":1,\"b\":[\"x\",{\"c\":\"d\"}]}"},
        {"{a: 1, b: }", "{\"a\":1,\"b\":null}"},
        {"# note\n---\n- !!seq []\n- !!map {}\n...\n", "[[],{}]"},
        {"\xef\xbb\xbf"
         "a: 1",
         "{\"a\":1}"},
        {"a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}"},
        {"a: &x {n: 1}\nb: *x\nc: [*x]\n",
         "{\"a\":{\"n\":1},\"b\":{\"n\":1},\"c\":[{\"n\":1}]}"},
        {"[&x 1, *x, &x 2, *x]", "[1,1,2,2]"},
        {"'5': a\n!!str 6: b\n\"<<\": c\n\"\": d\n",
         "{\"5\":\"a\",\"6\":\"b\",\"<<\":\"c\",\"\":\"d\"}"},
        {"text: >\n  one\n  two\n", "{\"text\":\"one two\\n\"}"},
        {"? a\n: b\n", "{\"a\":\"b\"}"},
        {"---\n", "null"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_outcome(cases[i].in, cases[i].out);
}

static void positions_are_kept(void **state)
{
    (void)state;
    static const char text[] = "# one\n"
                               "caf\xc3\xa9: {x: 1,  y: [a, b]}\n"
                               "list:\n"
                               "  - one\n"
                               "  - two: 2\n";
    struct problems p;
    problems_init(&p, "f");
    struct value *v = yaml_read(text, sizeof(text) - 1, &p);
    assert_non_null(v);
    static const struct {
        const char *path;
        int index, line, col;
    } cases[] = {
        {"caf\xc3\xa9", -1, 2, 7},   {"caf\xc3\xa9.x", -1, 2, 11},
        {"caf\xc3\xa9.y", 1, 2, 22}, {"list", -1, 4, 3},
        {"list", 0, 4, 5},           {"list", 1, 5, 5},
    };
    assert_int_equal(v->pos.line, 2);
    assert_int_equal(v->pos.col, 1);
    assert_int_equal(v->map.members[1].pos.line, 3);
    assert_int_equal(v->map.members[0].value->map.members[1].pos.col, 15);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct value *got = value_get_path(v, cases[i].path);
        if (cases[i].index >= 0)
            got = value_at(got, (size_t)cases[i].index);
        assert_non_null(got);
        assert_int_equal(got->pos.line, cases[i].line);
        assert_int_equal(got->pos.col, cases[i].col);
    }
    value_free(v);
    problems_free(&p);
}

static void mistakes_are_said_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", "f:1:1: error: the file is empty\n"},
        {"# only a comment\n", "f:1:1: error: the file is empty\n"},
        {"a: 1\nb: 2\na: 3\n",
         "f:3:1: error: duplicate key 'a' (first on line 1)\n"},
        {"a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n",
         "f:2:11: error: duplicate key 'c' (first on line 2)\n"
         "f:3:1: error: duplicate key 'a' (first on line 1)\n"
         "f:4:1: error: duplicate key 'a' (first on line 1)\n"},
        {"a: .inf\nb: -.INF\nc: .NaN\n",
         "f:1:4: error: '.inf' is no finite number; quote it to make it a "
         "string\n"
         "f:2:4: error: '-.INF' is no finite number; quote it to make it a "
         "string\n"
         "f:3:4: error: '.NaN' is no finite number; quote it to make it a "
         "string\n"},
        {"1e999", "f:1:1: error: '1e999' is no finite number; quote it to "
                  "make it a string\n"},
        {"seed: 9223372036854775808",
         "f:1:7: error: '9223372036854775808' is beyond 64 bits; quote it to "
         "make it a string\n"},
        {"- 0xFFFFFFFFFFFFFFFF",
         "f:1:3: error: '0xFFFFFFFFFFFFFFFF' is beyond 64 bits; quote it to "
         "make it a string\n"},
        {"x: 1\n5: y\n",
         "f:2:1: error: a key must be a string, and '5' is an integer: quote "
         "it\n"},
        {"true: y",
         "f:1:1: error: a key must be a string, and 'true' is true or false: "
         "quote it\n"},
        {"[a]: b",
         "f:1:1: error: a key must be a string, not a list or a map\n"},
        {"\"k\\0\": 2", "f:1:1: error: a key with a NUL in it: 'k?'\n"},
        {"a: 1\n<<: {b: 2}\n",
         "f:2:1: error: merge keys ('<<') are not supported\n"},
        {"a: *b", "f:1:4: error: unknown alias 'b'\n"},
        {"&a [1, *a]", "f:1:8: error: an alias inside of what it names: 'a'\n"},
        {"x: &k v\n*k : 1",
         "f:2:1: error: an alias as a key is not supported: 'k'\n"},
        {"a: 1\n---\nb: 2\n",
         "f:2:1: error: a second document; a file holds one\n"},
        {"a: !foo 1", "f:1:4: error: '1' has a tag that is none of !!str "
                      "!!int !!float !!bool !!null\n"},
        {"a: !!int x", "f:1:4: error: 'x' is not what its tag says\n"},
        {"a: !!binary aGk=", "f:1:4: error: 'aGk=' has a tag that is none of "
                             "!!str !!int !!float !!bool !!null\n"},
        {"- !!set {}", "f:1:3: error: the tag does not fit: only !!seq on a "
                       "list and !!map on a map\n"},
        {"a: \x80",
         "f:1:4: error: not UTF-8: byte 0x80; save the file as UTF-8\n"},
        {"\xc3\xa9\n\xc3\xa9 \xed\xa0\x80",
         "f:2:3: error: not UTF-8: byte 0xed; save the file as UTF-8\n"},
        {"a\r\nb\rc\a", "f:3:2: error: the character U+0007 cannot stand in "
                        "YAML\n"},
        {"a:\n\tb: 1\n",
         "f:2:1: error: not YAML: a tab cannot indent; use spaces\n"},
        {"a: @x", "f:1:4: error: not YAML: '@' cannot begin a text; quote "
                  "it\n"},
        {"a: b: c",
         "f:1:5: error: not YAML: a ':' cannot stand here: indent the "
         "keys of a map alike, and quote a text that holds ': '\n"},
        {"a\nb: 1\n",
         "f:2:2: error: not YAML: a ':' cannot stand here: indent the keys of "
         "a map alike, and quote a text that holds ': '\n"},
        {"a: 1\nb\nc: 2\n",
         "f:3:1: error: not YAML: a ':' is missing: a key is followed by ': ' "
         "and its value (it begins on line 2)\n"},
        {"a: \"1\nb: 2\n",
         "f:3:1: error: not YAML: the file ends inside of a text: a quote is "
         "missing (it begins on line 1)\n"},
        {"a: [1, 2",
         "f:2:1: error: not YAML: a ',' or ']' is missing (it begins on line "
         "1)\n"},
        {"a: {b: 1",
         "f:2:1: error: not YAML: a ',' or '}' is missing (it begins on line "
         "1)\n"},
        {"a: {", "f:2:1: error: not YAML: a value is missing (it begins on "
                 "line 2)\n"},
        {"a: b\n\tc: d\n", "f:2:1: error: not YAML: a tab cannot indent; use "
                           "spaces (it begins on line 1)\n"},
        {"\xff\xfe"
         "a",
         "f:1:1: error: the file is UTF-16; save it as UTF-8\n"},
        {"\xfe\xff", "f:1:1: error: the file is UTF-16; save it as UTF-8\n"},
        {"\na:\n  b: 1\n c: 2\n",
         "f:4:2: error: not YAML: a key was expected here: are the keys of "
         "this map indented alike? (it begins on line 2)\n"},
        {"a: \"x\\q\"",
         "f:1:6: error: not YAML: found unknown escape character while "
         "parsing a quoted scalar that begins on line 1\n"},
        {"%YAML 2.0\n---\na",
         "f:1:1: error: not YAML: found incompatible YAML document\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_outcome(cases[i].in, cases[i].out);
    char *got = outcome("a\0b", 3);
    assert_string_equal(got,
                        "f:1:1: error: not a text file: it holds NUL bytes; "
                        "a text is saved as UTF-8\n");
    free(got);
}

// `n` times `s`, between `before` and `after`.
static char *repeated(const char *before, const char *s, size_t n,
                      const char *after)
{
    struct buf b;
    buf_init(&b, 16 << 20);
    buf_str(&b, before);
    for (size_t i = 0; i < n; i++)
        buf_str(&b, s);
    buf_str(&b, after);
    return buf_take(&b);
}

static void assert_refused(char *text, const char *why)
{
    char *got = outcome(text, strlen(text));
    if (!strstr(got, why))
        assert_string_equal(got, why);
    free(got);
    free(text);
}

static void assert_accepted(char *text)
{
    char *got = outcome(text, strlen(text));
    assert_null(strstr(got, "error"));
    free(got);
    free(text);
}

static void limits_hold(void **state)
{
    (void)state;
    static const char deep[] = "f:1:65: error: nested too deeply";
    assert_accepted(repeated("", "[", 64,
                             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
                             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"));
    assert_refused(repeated("", "[", 65, ""), deep);
    assert_refused(repeated("", "[", 1 << 20, ""), deep);
    assert_refused(repeated("", "- ", 1 << 20, ""), "nested too deeply");
    assert_refused(repeated("", "#", YAML_BYTES_MAX + 1, ""),
                   "f:1:1: error: too large: more than 4194304 bytes");
    assert_accepted(repeated("[", "1,", YAML_NODES_MAX - 1, "]"));
    assert_refused(repeated("[", "1,", YAML_NODES_MAX, "]"),
                   "too large: more than 200000 values");
    assert_refused(repeated("k: 1\n", "k: 1\n", 90000, ""), "and 89900 more");
}

static void aliases_cannot_explode(void **state)
{
    (void)state;
    assert_refused(xstrdup("a: &a [x,x,x,x,x,x,x,x,x]\n"
                           "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                           "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                           "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                           "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
                           "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"),
                   "f:6:11: error: too large or nested too deeply with what "
                   "it repeats: 'e'");
    char *text = repeated("a: &a ", "x", 1 << 20, "\n");
    assert_refused(repeated(text, "b: [*a,*a,*a,*a,*a,*a,*a,*a]\n", 3, ""),
                   "16 MiB of text");
    free(text);
    // 40 levels below 40 levels.
    assert_refused(
        xstrdup("a: &a "
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"
                "]]]]]]]]]]]]]]]]]]]]\n"
                "b: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]"
                "]]]]]]]]]]]]]]]]]]]]]]]]]\n"),
        "f:2:44: error: too large or nested too deeply");
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i <= YAML_ANCHORS_MAX; i++)
        buf_printf(&b, "- &a%d x\n", i);
    assert_refused(b.data, "f:257:3: error: more than 256 anchors");
}

static void one_scalar(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"5", "5"},
        {"0.5", "0.5"},
        {"true", "true"},
        {"", "null"},
        {"a b", "\"a b\""},
        {"[1]", "\"[1]\""},
        {"a: b", "\"a: b\""},
        {".inf", "\".inf\""},
        {"99999999999999999999", "\"99999999999999999999\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *v = yaml_scalar(cases[i].in);
        char *text = json_text(v);
        assert_string_equal(text, cases[i].out);
        free(text);
        value_free(v);
    }
}

static void words_of_a_command_line(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"5", "5"},
        {"a b", "\"a b\""},
        {"a: b", "\"a: b\""},
        {"", "null"},
        {"[1, a]", "[1,\"a\"]"},
        {" [1]", "[1]"},
        {"{from: -6, to: 6, by: 3}", "{\"from\":-6,\"to\":6,\"by\":3}"},
        {"\"5\"", "\"5\""},
        {"'a, b'", "\"a, b\""},
    };
    struct problems p;
    problems_init(&p, "f");
    struct pos pos = {.file = problems_file(&p, "command line")};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *v = yaml_flow(cases[i].in, pos, &p);
        char *text = json_text(v);
        assert_string_equal(text, cases[i].out);
        assert_int_equal(v->pos.file, pos.file);
        assert_int_equal(v->pos.line, 0);
        if (v->type == VALUE_LIST)
            assert_int_equal(value_at(v, 0)->pos.line, 0);
        free(text);
        value_free(v);
    }
    assert_null(yaml_flow("[1", pos, &p));
    assert_null(yaml_flow("{a: 1, a: 2}", pos, &p));
    assert_null(yaml_flow("[1] b: 2", pos, &p));
    assert_null(yaml_flow("a\xff", pos, &p));
    assert_int_equal(p.n, 4);
    assert_string_equal(problems_file_name(&p, p.items[3].pos), "command line");
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_follow_the_core_schema),
        cmocka_unit_test(trees_are_read),
        cmocka_unit_test(positions_are_kept),
        cmocka_unit_test(mistakes_are_said_with_their_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(aliases_cannot_explode),
        cmocka_unit_test(one_scalar),
        cmocka_unit_test(words_of_a_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
