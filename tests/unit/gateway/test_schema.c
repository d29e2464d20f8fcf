// A table of schemas and values: what fits, and what is said of what does not.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/json.h"
#include "data/yaml.h"
#include "gateway/schema.h"
#include "gateway/wire.h"

static const char yaml[] =
    "seconds: {type: integer, enum: [5, 10]}\n"
    "seed: {type: integer, minimum: 0, maximum: 4294967295}\n"
    "share: {type: number, minimum: 0}\n"
    "words: {type: string, minLength: 1, maxLength: 5}\n"
    "ratio: {type: string, x-accepted: 16:9 or pixels}\n"
    "flag: {type: boolean}\n"
    "either: {type: [string, integer]}\n"
    "list: {type: array, minItems: 1, maxItems: 2, items: {$ref: "
    "'#/components/schemas/words'}}\n"
    "options: {type: object, required: [seconds], properties: {seconds: {$ref: "
    "'#/components/schemas/seconds'}, seed: {$ref: "
    "'#/components/schemas/seed'}}}\n"
    "closed: {type: object, additionalProperties: false, properties: {seconds: "
    "{type: integer}, prompt: {type: string}, options: {$ref: "
    "'#/components/schemas/options'}}}\n"
    "picture: {oneOf: [{type: string, minLength: 1}, {type: array, items: "
    "{$ref: '#/components/schemas/options'}}]}\n"
    "a: {type: object, required: [model, seconds], properties: {model: {const: "
    "gen4}, seconds: {type: integer}}}\n"
    "b: {type: object, properties: {model: {enum: [veo3, veo3.1]}}}\n"
    "model: {type: object, discriminator: {propertyName: model}, oneOf: "
    "[{$ref: '#/components/schemas/a'}, {$ref: '#/components/schemas/b'}]}\n"
    "bare: {type: object, required: [x]}\n";

static struct value *schemas;

// "code path: message" of each issue, lines; owned.
static char *issues_of(const char *schema, const char *json)
{
    struct err err;
    struct value *v = json_read(json, strlen(json), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s: %s", json, err.text);
    struct schema_issues issues = {.n = 0};
    bool ok = schema_check(value_get(schemas, schema), schemas, v, &issues);
    assert_int_equal(ok, issues.n == 0);
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < issues.n; i++) {
        char *path = schema_path(&issues.all[i]);
        buf_printf(&out, "%s%s %s: %s", i ? "\n" : "", issues.all[i].code, path,
                   issues.all[i].message);
        free(path);
    }
    schema_issues_clear(&issues);
    value_free(v);
    return buf_take(&out);
}

#define SEED "an integer from 0 to 4294967295, found "

static const struct {
    const char *schema, *json, *said; // "": it fits
} rows[] = {
    {"seconds", "5", ""},
    {"seconds", "5.0", ""},
    {"seconds", "7", "invalid_value body: 5 or 10, found 7"},
    {"seconds", "\"5\"", "invalid_type body: 5 or 10, found \"5\""},
    {"seconds", "5.5", "invalid_type body: 5 or 10, found 5.5"},
    {"seconds", "null", "invalid_type body: 5 or 10, found null"},
    {"seed", "4294967295", ""},
    {"seed", "4294967296", "too_big body: " SEED "4294967296"},
    {"seed", "-1", "too_small body: " SEED "-1"},
    {"seed", "true", "invalid_type body: " SEED "true"},
    {"share", "0.5", ""},
    {"share", "-1", "too_small body: a number of at least 0, found -1"},
    {"words", "\"abcde\"", ""},
    {"words", "\"\"", "too_small body: a string that is not empty, found \"\""},
    {"words", "\"abcdef\"", "too_big body: at most 5 characters, found 6"},
    {"words", "\"灯台灯台灯\"", ""},
    {"words", "\"😀😀😀\"", "too_big body: at most 5 characters, found 6"},
    {"ratio", "3", "invalid_type body: 16:9 or pixels, found 3"},
    {"flag", "1", "invalid_type body: true or false, found 1"},
    {"either", "\"x\"", ""},
    {"either", "1", ""},
    {"either", "[]", "invalid_type body: a string or an integer, found a list"},
    {"list", "[\"a\"]", ""},
    {"list", "[\"a\",\"b\",\"c\"]", "too_big body: at most 2 items, found 3"},
    {"list", "[\"a\",4]",
     "invalid_type [1]: a string that is not empty, found 4"},
    {"list", "[]", "too_small body: a list, found a list"},
    {"options", "{\"seconds\":5,\"seed\":null,\"more\":1}", ""},
    {"options", "{}", "invalid_type seconds: required, 5 or 10"},
    {"options", "{\"seconds\":null}",
     "invalid_type seconds: required, 5 or 10"},
    {"options", "{\"seconds\":7,\"seed\":-1}",
     "invalid_value seconds: 5 or 10, found 7\n"
     "too_small seed: " SEED "-1"},
    {"options", "[]", "invalid_type body: an object, found a list"},
    {"closed", "{\"options\":{\"seconds\":6}}",
     "invalid_value options.seconds: 5 or 10, found 6"},
    {"closed", "{\"second\":5,\"zebra\":1}",
     "unrecognized_keys body: unknown field 'second', did you mean "
     "'seconds'?\n"
     "unrecognized_keys body: unknown field 'zebra'"},
    {"picture", "\"http://x/\"", ""},
    {"picture", "[{\"seconds\":5}]", ""},
    {"picture", "[{\"seconds\":6}]",
     "invalid_value [0].seconds: 5 or 10, found 6"},
    {"picture", "5",
     "invalid_union body: a string that is not empty or a list, found 5"},
    {"model", "{\"model\":\"veo3.1\"}", ""},
    {"model", "{\"model\":\"gen4\",\"seconds\":1}", ""},
    {"model", "{\"model\":\"gen4\"}",
     "invalid_type seconds: required, an integer"},
    {"model", "{\"model\":\"gen9\"}",
     "invalid_value model: gen4 or veo3 or veo3.1, found \"gen9\""},
    {"model", "{}", "invalid_value model: required, gen4 or veo3 or veo3.1"},
    {"bare", "{}", "invalid_type x: required"},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *said = issues_of(rows[i].schema, rows[i].json);
        if (strcmp(said, rows[i].said) != 0)
            fail_msg("%s %s\n is: %s\nnot: %s", rows[i].schema, rows[i].json,
                     said, rows[i].said);
        free(said);
    }
}

static void limits_are_told(void **state)
{
    (void)state;
    struct value *v = value_int(-1);
    struct schema_issues issues = {.n = 0};
    assert_false(schema_check(value_get(schemas, "seed"), schemas, v, &issues));
    assert_true(issues.all[0].has_limit);
    assert_true(issues.all[0].limit == 0);
    schema_issues_clear(&issues);
    value_free(v);
}

// A hostile body has any number of faults; we keep some.
static void many(void **state)
{
    (void)state;
    struct value *v = value_map();
    for (int i = 0; i < 1000; i++) {
        char *key = xasprintf("k%d", i);
        value_push(v, key, (struct pos){0, 0}, value_null());
        free(key);
    }
    struct schema_issues issues = {.n = 0};
    assert_false(
        schema_check(value_get(schemas, "closed"), schemas, v, &issues));
    assert_int_equal(issues.n, SCHEMA_ISSUES_MAX);
    schema_issues_clear(&issues);
    value_free(v);
}

static void embedded_tables(void **state)
{
    (void)state;
    struct err err;
    struct wire *wire = wire_open(&err);
    if (!wire)
        fail_msg("%s", err.text);
    assert_string_equal(value_get_text(wire_reverse(wire), "version"),
                        "2026-11-21");
    wire_free(wire);
}

static int begin(void **state)
{
    (void)state;
    struct problems problems;
    problems_init(&problems, "schemas");
    schemas = yaml_read(yaml, sizeof yaml - 1, &problems);
    problems_free(&problems);
    return schemas ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    value_free(schemas);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(many),
        cmocka_unit_test(embedded_tables),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
