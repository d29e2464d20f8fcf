// Files that a recipe includes: what they may be, and how they become one.

#include "reading.h"

#include "base/mem.h"
#include "recipe/include.h"

static struct value *tree_of(const char *text, int file, struct problems *p)
{
    struct value *tree = yaml_read_file(text, strlen(text), file, p);
    if (!tree)
        fail_msg("%s", p->items[0].text);
    return tree;
}

static void merges_to(const char *base, const char *over, const char *want)
{
    struct problems p;
    problems_init(&p, "r.yaml");
    struct value *below = tree_of(base, problems_file(&p, "look.yaml"), &p);
    struct value *above = tree_of(over, 0, &p);
    assert_true(include_merge(below, above));
    char *text = json_text(below);
    assert_string_equal(text, want);
    free(text);
    value_free(below);
    value_free(above);
    problems_free(&p);
}

static void sections_are_merged(void **state)
{
    (void)state;
    merges_to("request: {model: gen2, motion: {x: 1, y: 2}}\nabout: a\n",
              "request: {motion: {x: 4}, seed: 3}\nabout: b\n",
              "{\"request\":{\"model\":\"gen2\",\"motion\":{\"x\":4,\"y\":2},"
              "\"seed\":3},\"about\":\"b\"}");
    merges_to("limits: {budget: 5, in_flight: 2}\n", "limits: {budget: 7}\n",
              "{\"limits\":{\"budget\":7,\"in_flight\":2}}");
    merges_to("gateways: {c: {url: u, prices: {a: 1}}}\n",
              "gateways: {c: {prices: {b: 2}}, d: {}}\n",
              "{\"gateways\":{\"c\":{\"url\":\"u\",\"prices\":{\"a\":1,\"b\":2}"
              "},\"d\":{}}}");
}

static void axes_are_replaced_where_they_stand(void **state)
{
    (void)state;
    merges_to("sweep: {motion.x: {from: 0, to: 4, by: 2}, seed: [1]}\n",
              "sweep: {motion.x: {from: 0, to: 4, steps: 3}, take: [2]}\n",
              "{\"sweep\":{\"motion.x\":{\"from\":0,\"to\":4,\"steps\":3},"
              "\"seed\":[1],\"take\":[2]}}");
}

static void a_null_takes_away(void **state)
{
    (void)state;
    merges_to("script: a.lua\nsweep: {seed: [1], motion.x: [2]}\n",
              "script: ~\nsweep: {seed: ~}\n",
              "{\"sweep\":{\"motion.x\":[2]}}");
}

static void a_short_param_is_the_default(void **state)
{
    (void)state;
    merges_to(
        "params: {n: {type: number, default: 1, max: 5}, m: 2}\n",
        "params: {n: 3, m: {default: 4}}\n",
        "{\"params\":{\"n\":{\"type\":\"number\",\"default\":3,\"max\":5},"
        "\"m\":{\"default\":4}}}");
}

static void mistakes_name_the_included_file(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    int file = problems_file(&p, "shared/look.yaml");
    struct value *base = tree_of("request:\n  modle: gen2\n", file, &p);
    struct value *own =
        tree_of("tarmac: 1\ninclude: shared/look.yaml\n", 0, &p);
    assert_true(include_merge(base, own));
    assert_null(value_get(base, "include"));
    assert_null(recipe_read(base, NULL, &p));
    struct buf out;
    buf_init(&out, 1 << 16);
    problems_write(&p, &out);
    assert_string_equal(out.data, "shared/look.yaml:2:3: error: unknown field "
                                  "'modle' (did you mean 'model'?)\n");
    buf_free(&out);
    value_free(base);
    value_free(own);
    problems_free(&p);
}

static void lists_are_checked(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    struct value *tree =
        tree_of("include: [a.yaml, ../b.yaml, /etc/c.yaml, 5]\n", 0, &p);
    assert_int_equal(include_count(tree), 4);
    assert_false(include_check(tree, &p));
    char *said = reading_said(&p);
    assert_string_equal(
        said, "1:19 'include' takes files beside the recipe or below, found "
              "\"../b.yaml\"\n"
              "1:30 'include' takes files beside the recipe or below, found "
              "\"/etc/c.yaml\"\n"
              "1:43 'include' takes files beside the recipe or below, found "
              "5\n");
    free(said);
    value_free(tree);
    problems_free(&p);
}

static void parts_have_no_name_and_this_format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{}", ""},
        {"tarmac: 1\nabout: x\n", ""},
        {"name: x\n", "1:7 an included file has no name; the recipe has\n"},
        {"tarmac: 2\n", "1:9 'tarmac' takes 1, found 2\n"},
        {"[1]", "1:1 an included file is a map with parts of a recipe, found a "
                "list\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct problems p;
        problems_init(&p, "r.yaml");
        struct value *tree = tree_of(cases[i].text, 0, &p);
        assert_true(include_check_part(tree, &p) == !*cases[i].said);
        char *said = reading_said(&p);
        assert_string_equal(said, cases[i].said);
        free(said);
        value_free(tree);
        problems_free(&p);
    }
}

static void the_whole_has_a_limit(void **state)
{
    (void)state;
    struct value *base = value_map(), *over = value_map();
    struct value *a = value_list(), *b = value_list();
    for (int i = 0; i < YAML_NODES_MAX / 2; i++) {
        value_add(a, value_int(i));
        value_add(b, value_int(i));
    }
    value_set(base, "a", a);
    assert_true(include_merge(base, over));
    value_set(over, "b", b);
    assert_false(include_merge(base, over));
    value_free(base);
    value_free(over);
}

// request.extra with `n` keys that begin with `first`.
static struct value *keys_of(int n, char first)
{
    struct value *tree = value_map();
    struct value *extra = value_set_path(tree, "request.extra", value_map());
    for (int i = 0; i < n; i++) {
        char *key = xasprintf("%c%d", first, i);
        value_push(extra, key, (struct pos){0}, value_int(i));
        free(key);
    }
    return tree;
}

static void maps_of_many_keys_do_not_become_one(void **state)
{
    (void)state;
    struct value *base = keys_of(INCLUDE_KEYS_MAX, 'a');
    struct value *over = keys_of(INCLUDE_KEYS_MAX, 'b');
    struct value *many = keys_of(INCLUDE_KEYS_MAX + 1, 'c');
    assert_true(include_merge(base, over));
    assert_false(include_merge(base, over));
    assert_false(include_merge(over, many));
    value_free(base);
    value_free(over);
    value_free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_merged),
        cmocka_unit_test(axes_are_replaced_where_they_stand),
        cmocka_unit_test(a_null_takes_away),
        cmocka_unit_test(a_short_param_is_the_default),
        cmocka_unit_test(mistakes_name_the_included_file),
        cmocka_unit_test(lists_are_checked),
        cmocka_unit_test(parts_have_no_name_and_this_format),
        cmocka_unit_test(the_whole_has_a_limit),
        cmocka_unit_test(maps_of_many_keys_do_not_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
