#include "recipe/template.h"

#include "reading.h"

static const struct value *get(void *ctx, const char *name)
{
    return value_get_path(ctx, name);
}

static struct value *from_json(const char *text)
{
    struct err err;
    struct value *v = json_read(text, strlen(text), JSON_LENIENT, &err);
    if (!v)
        fail_msg("%s", err.text);
    return v;
}

static const char *const variables =
    "{\"x\": 5, \"r\": 0.1, \"on\": true, \"t\": \"dusk\", \"none\": null,"
    " \"list\": [1, 2], \"motion\": {\"x\": -4}, \"tricky\": \"${x}\"}";

static void values_are_substituted(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"\"plain\"", "\"plain\""},
        {"\"\"", "\"\""},
        {"7", "7"},
        // Alone, a variable keeps its type.
        {"\"${x}\"", "5"},
        {"\"${on}\"", "true"},
        {"\"${r}\"", "0.1"},
        {"\"${list}\"", "[1,2]"},
        {"\"${none}\"", "null"},
        {"\"${motion.x}\"", "-4"},
        // Inside a text it is text.
        {"\" ${x}\"", "\" 5\""},
        {"\"${x}${x}\"", "\"55\""},
        {"\"at ${t}, ${r} ${on} ${motion.x}\"", "\"at dusk, 0.1 true -4\""},
        {"\"a${none}b\"", "\"ab\""},
        // Once: what is put in is not looked at again.
        {"\"${tricky}\"", "\"${x}\""},
        {"\"<${tricky}>\"", "\"<${x}>\""},
        // The way to write it as it is.
        {"\"$${x}\"", "\"${x}\""},
        {"\"$$${x}\"", "\"$${x}\""},
        {"\"$$ $ {x} }\"", "\"$$ $ {x} }\""},
        {"{\"a\": [\"${x}\", {\"b\": \"-${t}\"}], \"c\": null}",
         "{\"a\":[5,{\"b\":\"-dusk\"}],\"c\":null}"},
    };
    struct value *known = from_json(variables);
    struct template_vars vars = {.ctx = known, .get = get};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct err err = {0};
        struct value *v = from_json(cases[i].in);
        v->pos = (struct pos){3, 4};
        struct value *done = template_apply(v, &vars, &err);
        if (!done)
            fail_msg("%s: %s", cases[i].in, err.text);
        char *text = json_text(done);
        assert_string_equal(text, cases[i].out);
        assert_int_equal(done->pos.line, 3);
        assert_int_equal(done->pos.col, 4);
        free(text);
        value_free(done);
        value_free(v);
    }
    value_free(known);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *in, *error;
    } cases[] = {
        {"\"${y}\"", "unknown variable 'y'"},
        {"\"a ${motion.y}\"", "unknown variable 'motion.y'"},
        {"\"${ x }\"", "unknown variable ' x '"},
        {"\"a ${list}\"", "${list} is a list: it cannot stand inside a text"},
        {"\"a ${motion}\"",
         "${motion} is a map: it cannot stand inside a text"},
        {"\"${}\"", "'${' without a name and '}' behind it (write '$${' for "
                    "the characters themselves)"},
        {"\"a ${x\"", "'${' without a name and '}' behind it (write '$${' for "
                      "the characters themselves)"},
        {"\"a\\u0000${x}\"", "the text holds a NUL character"},
        {"[1, {\"a\": \"${y}\"}]", "unknown variable 'y'"},
    };
    struct value *known = from_json(variables);
    struct template_vars vars = {.ctx = known, .get = get};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct value *v = from_json(cases[i].in);
        struct err err = {0};
        assert_null(template_apply(v, &vars, &err));
        assert_string_equal(err.text, cases[i].error);
        assert_int_equal(err.kind, ERR_RECIPE);
        value_free(v);
    }
    value_free(known);
}

static void texts_have_a_ceiling(void **state)
{
    (void)state;
    struct value *known = value_map();
    char *big = xmalloc(TEMPLATE_TEXT_MAX);
    memset(big, 'a', TEMPLATE_TEXT_MAX);
    value_set(known, "big", value_strn(big, TEMPLATE_TEXT_MAX));
    free(big);
    struct template_vars vars = {.ctx = known, .get = get};
    struct value *twice = value_str("${big}${big}");
    struct err err = {0};
    assert_null(template_apply(twice, &vars, &err));
    assert_string_equal(err.text, "the text with ${big} becomes too long");
    value_free(twice);
    value_free(known);
}

static void check_reports_every_unknown_one(void **state)
{
    (void)state;
    static const char *const known[] = {"prompt", "motion.x"};
    struct problems p;
    problems_init(&p, "f");
    struct value *v =
        from_json("{\"a\": \"${promt} ${prompt} ${motion.z}\","
                  " \"b\": [\"${zebra}\", \"$${zebra}\"], \"c\": \"${\"}");
    template_check(v, known, COUNT(known), &p);
    assert_int_equal(p.errors, 4);
    assert_string_equal(p.items[0].text,
                        "unknown variable 'promt' (did you mean 'prompt'?)");
    assert_string_equal(
        p.items[1].text,
        "unknown variable 'motion.z' (did you mean 'motion.x'?)");
    assert_string_equal(
        p.items[2].text,
        "unknown variable 'zebra' (accepted: prompt, motion.x)");
    assert_non_null(strstr(p.items[3].text, "'${' without a name"));
    assert_true(template_uses(v, "zebra"));
    assert_true(template_uses(v, "motion.z"));
    assert_false(template_uses(v, "motion"));
    assert_true(template_any(v));
    value_free(v);
    problems_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_substituted),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(texts_have_a_ceiling),
        cmocka_unit_test(check_reports_every_unknown_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
