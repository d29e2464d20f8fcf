#include "recipe/schema.h"

#include "reading.h"
#include "recipe/key_sets.h"
#include "recipe/retry.h"
#include "recipe/schema_words.h"
#include "recipe/sweep.h"

// The properties that the schema has at a place.
static const struct value *at(const struct value *schema, const char *path)
{
    const struct value *v = schema;
    char *copy = xstrdup(path), *rest = copy, *part;
    while ((part = strsep(&rest, "/")))
        v = value_get(v, part);
    free(copy);
    if (!v)
        fail_msg("the schema has no %s", path);
    return v;
}

// Every key of the table is there, with words, and nothing else is.
static void same_keys(const struct key_set *set, const struct value *properties,
                      size_t more)
{
    size_t n = more;
    for (size_t i = 0; i < set->n; i++) {
        const struct value *v = value_get(properties, set->keys[i].name);
        if (!value_get_text(v, "description"))
            fail_msg("'%s'%s has no schema, or no words", set->keys[i].name,
                     set->where);
        n++;
    }
    assert_int_equal(value_count(properties), n);
}

#define PARAM "properties/params/patternProperties/^[A-Za-z_][A-Za-z0-9_]*$"
#define AXIS "properties/sweep/additionalProperties"
#define GATEWAY "properties/gateways/additionalProperties"

static void has_the_keys_of_the_tables(void **state)
{
    (void)state;
    struct value *s = schema_recipe();
    same_keys(&keys_of_recipe, at(s, "properties"), 0);
    same_keys(&keys_of_param, at(s, PARAM "/properties"), 0);
    same_keys(&keys_of_limits, at(s, "properties/limits/properties"), 0);
    same_keys(&keys_of_outputs, at(s, "properties/outputs/properties"), 0);
    same_keys(&keys_of_retry, at(s, "properties/retry/properties"), 0);
    same_keys(&keys_of_gateway, at(s, GATEWAY "/properties"), 0);
    same_keys(&keys_of_range, at(s, AXIS "/then/properties"), 2); // zip, file
    same_keys(&keys_of_sample,
              at(s, "properties/sweep/properties/sample/properties"), 0);
    value_free(s);
    s = schema_config();
    same_keys(&keys_of_own_gateway, at(s, GATEWAY "/properties"), 0);
    value_free(s);
}

static void has_every_field_with_words(void **state)
{
    (void)state;
    struct value *s = schema_recipe();
    const struct value *request = at(s, "definitions/request/properties");
    for (const char *const *name = field_names(); *name; name++) {
        const char *dot = strchr(*name, '.');
        const struct value *map = request;
        if (dot)
            map = value_get(value_get(request, "motion"), "properties");
        const struct value *v = value_get(map, dot ? dot + 1 : *name);
        if (!value_get_text(v, "description"))
            fail_msg("'%s' has no schema, or no words", *name);
        if (!field_is_group(*name))
            assert_non_null(
                value_get(at(s, "properties/sweep/properties"), *name));
    }
    value_free(s);
}

// Texts that are in the schema, as descriptions.
static size_t said(const struct value *v, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *item =
            v->type == VALUE_MAP ? v->map.members[i].value : value_at(v, i);
        n += said(item, text);
    }
    const char *own = value_get_text(v, "description");
    return n + (own && strcmp(own, text) == 0);
}

static void says_all_its_words(void **state)
{
    (void)state;
    struct value *recipe = schema_recipe(), *config = schema_config();
    for (size_t i = 0; i < schema_n_words; i++) {
        if (said(recipe, schema_words[i].text) == 0 &&
            said(config, schema_words[i].text) == 0)
            fail_msg("nothing is called %s", schema_words[i].path);
    }
    value_free(config);
    value_free(recipe);
}

static void refuses_what_the_tables_do_not_know(void **state)
{
    (void)state;
    struct value *s = schema_recipe();
    static const char *const closed[] = {
        "",
        "properties/limits",
        "properties/outputs",
        GATEWAY,
        "definitions/request",
        "definitions/request/properties/motion",
        AXIS "/then",
        "properties/retry",
        PARAM,
    };
    for (size_t i = 0; i < COUNT(closed); i++) {
        const struct value *map = *closed[i] ? at(s, closed[i]) : s;
        assert_false(value_truth(value_get(map, "additionalProperties"), true));
    }
    value_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_keys_of_the_tables),
        cmocka_unit_test(has_every_field_with_words),
        cmocka_unit_test(says_all_its_words),
        cmocka_unit_test(refuses_what_the_tables_do_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
