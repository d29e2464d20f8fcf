// What a request says at one gateway only.

#include "reading.h"

#include "recipe/defaults.h"

static struct value *tree_of(const char *text, struct problems *p)
{
    problems_init(p, "r.yaml");
    struct value *tree = yaml_read(text, strlen(text), p);
    assert_non_null(tree);
    return tree;
}

static void becomes(const char *text, const char *gateway, const char *want)
{
    struct problems p;
    struct value *tree = tree_of(text, &p);
    defaults_apply(tree, gateway);
    char *json = json_text(tree);
    assert_string_equal(json, want);
    free(json);
    value_free(tree);
    problems_free(&p);
}

static void they_lie_over_the_request(void **state)
{
    (void)state;
    static const char text[] =
        "request: {model: a, motion: {x: 1, y: 2}}\n"
        "gateways: {c: {request: {model: b, motion: {x: 3}, seed: 1}},\n"
        "           d: {url: u, request: {seed: 2}}}\n";
    becomes(text, "c",
            "{\"request\":{\"model\":\"b\",\"motion\":{\"x\":3,\"y\":2},"
            "\"seed\":1},\"gateways\":{\"d\":{\"url\":\"u\",\"request\":{"
            "\"seed\":2}}}}");
    becomes(text, "d",
            "{\"request\":{\"model\":\"a\",\"motion\":{\"x\":1,\"y\":2},"
            "\"seed\":2},\"gateways\":{\"c\":{\"request\":{\"model\":\"b\","
            "\"motion\":{\"x\":3},\"seed\":1}},\"d\":{\"url\":\"u\"}}}");
    becomes("gateways: {local: {request: {seed: 1}}}\n", "local",
            "{\"request\":{\"seed\":1}}");
    becomes("gateways: {c: {request: 5}}\n", "c",
            "{\"gateways\":{\"c\":{\"request\":5}}}");
}

static void all_of_them_are_checked(void **state)
{
    (void)state;
    reading_says(HEAD "gateways:\n"
                      "  c: {request: {modle: a}}\n"
                      "  local: {request: {seconds: x}}\n",
                 "3:17 unknown field 'modle' (did you mean 'model'?)\n"
                 "4:30 'seconds' takes a number, found \"x\"\n");
    reading_says(HEAD "gateways: {local: {poll_min: 1s, request: {}}}\n",
                 "2:19 'local' is the built-in gateway: give this one another "
                 "name\n"
                 "2:19 gateway 'local' has no 'url' (https://…)\n"
                 "2:19 gateway 'local' has no 'dialect' (reverse, official, or "
                 "a file)\n");
}

static void the_recipe_keeps_only_gateways(void **state)
{
    (void)state;
    struct reading r = reading_good(
        HEAD "gateways:\n"
             "  c: {request: {model: a}}\n"
             "  d: {url: \"https://x.y\", dialect: reverse, request: {}}\n");
    char *json = json_text(r.recipe->gateways);
    assert_string_equal(
        json, "{\"d\":{\"url\":\"https://x.y\",\"dialect\":\"reverse\"}}");
    free(json);
    reading_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_lie_over_the_request),
        cmocka_unit_test(all_of_them_are_checked),
        cmocka_unit_test(the_recipe_keeps_only_gateways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
