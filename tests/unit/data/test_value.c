#include "data/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"

static void assert_json(const struct value *v, const char *want)
{
    char *got = json_text(v);
    assert_string_equal(got, want);
    free(got);
}

static void maps_keep_their_order(void **state)
{
    (void)state;
    struct value *m = value_map();
    struct value *two = value_int(2);
    value_set(m, "b", value_int(1));
    assert_ptr_equal(value_set(m, "a", two), two);
    value_set(m, "b", value_str("again"));
    assert_ptr_equal(value_get(m, "a"), two);
    value_set(m, "a", two); // itself
    assert_json(m, "{\"b\":\"again\",\"a\":2}");
    assert_int_equal(value_count(m), 2);
    assert_true(value_remove(m, "b"));
    assert_false(value_remove(m, "b"));
    assert_json(m, "{\"a\":2}");
    value_free(m);
    value_free(NULL);
}

static void paths_make_maps(void **state)
{
    (void)state;
    struct value *m = value_map();
    value_set_path(m, "motion.x", value_int(1));
    value_set_path(m, "motion.y", value_int(2));
    value_set_path(m, "prompt", value_str("p"));
    assert_json(m, "{\"motion\":{\"x\":1,\"y\":2},\"prompt\":\"p\"}");
    assert_int_equal(value_integer(value_get_path(m, "motion.y"), 0), 2);
    assert_null(value_get_path(m, "motion.z"));
    assert_null(value_get_path(m, "prompt.x"));
    assert_null(value_get_path(m, "none.x.y"));
    value_set_path(m, "prompt.x", value_null()); // was no map
    assert_json(m, "{\"motion\":{\"x\":1,\"y\":2},\"prompt\":{\"x\":null}}");
    value_free(m);
}

static void readers_never_fail(void **state)
{
    (void)state;
    double x = 7;
    assert_null(value_get(NULL, "a"));
    assert_null(value_at(NULL, 0));
    assert_null(value_text(NULL));
    assert_null(value_get_text(NULL, "a"));
    assert_int_equal(value_count(NULL), 0);
    assert_false(value_number(NULL, &x));
    assert_int_equal(value_integer(NULL, -3), -3);
    assert_true(value_truth(NULL, true));

    struct value *s = value_strn("a\0b", 3);
    assert_null(value_text(s)); // a C string would be cut
    assert_int_equal(s->string.len, 3);
    assert_null(value_get(s, "a"));
    assert_int_equal(value_count(s), 0);
    assert_false(value_number(s, &x));
    assert_true(x == 7);
    value_free(s);

    static const struct {
        double real;
        int64_t want;
    } cases[] = {{5, 5},
                 {-0.0, 0},
                 {5.5, -1},
                 {1e300, -1},
                 {0x1p63, -1},
                 {-0x1p63, INT64_MIN},
                 {0x1p62, (int64_t)1 << 62}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value *r = value_real(cases[i].real);
        assert_int_equal(value_integer(r, -1), cases[i].want);
        value_free(r);
    }
}

static struct value *sample(void)
{
    struct value *m = value_map(), *l = value_list();
    value_add(l, value_null());
    value_add(l, value_bool(true));
    value_add(l, value_real(0.5));
    value_add(l, value_strn("x\0y", 3));
    value_set(m, "list", l);
    value_set(m, "n", value_int(5));
    return m;
}

static void equality_is_by_content(void **state)
{
    (void)state;
    struct value *a = sample(), *b = value_map();
    a->pos = (struct pos){3, 4};
    value_set(b, "n", value_real(5));
    value_set(b, "list", value_copy(value_get(a, "list")));
    assert_true(value_equal(a, b)); // another order, 5.0 for 5
    assert_true(value_equal(b, a));
    struct value *copy = value_copy(a);
    assert_true(value_equal(a, copy));
    assert_int_equal(copy->pos.line, 3);
    value_set(copy, "n", value_real(5.5));
    assert_false(value_equal(a, copy));
    value_set(copy, "n", value_str("5"));
    assert_false(value_equal(a, copy));
    value_remove(copy, "n");
    assert_false(value_equal(a, copy));
    value_set(copy, "m", value_int(5));
    assert_false(value_equal(a, copy));
    value_free(copy);
    value_free(b);
    value_free(a);
}

static void large_numbers_are_not_confused(void **state)
{
    (void)state;
    struct value *i = value_int(INT64_MAX), *r = value_real(0x1p63);
    struct value *j = value_int(9007199254740993), *s = value_real(0x1p53);
    assert_false(value_equal(i, r)); // though (double)i == r
    assert_false(value_equal(j, s));
    value_free(i);
    value_free(r);
    value_free(j);
    value_free(s);
}

static void sorts_by_bytes(void **state)
{
    (void)state;
    static const char *const keys[] = {"b", "a", "\xc3\xa9", "B", "aa", ""};
    static const char *const want[] = {"", "B", "a", "aa", "b", "\xc3\xa9"};
    struct value *m = value_map();
    for (size_t i = 0; i < 6; i++)
        value_set(m, keys[i], value_int((int64_t)i));
    const struct value_member **sorted = value_sorted(m);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(sorted[i]->key, want[i]);
    free(sorted);
    value_free(m);
}

static void large_maps_are_equal_quickly(void **state)
{
    (void)state;
    struct value *a = value_map(), *b = value_map();
    for (int i = 0; i < 100000; i++) {
        char key[16];
        snprintf(key, sizeof(key), "%d", i);
        value_push(a, key, (struct pos){0, 0}, value_int(i));
        snprintf(key, sizeof(key), "%d", 99999 - i);
        value_push(b, key, (struct pos){0, 0}, value_int(99999 - i));
    }
    assert_true(value_equal(a, b));
    value_free(a);
    value_free(b);
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(value_type_name(VALUE_NULL), "null");
    assert_string_equal(value_type_name(VALUE_STRING), "a string");
    assert_string_equal(value_type_name(VALUE_MAP), "a map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_keep_their_order),
        cmocka_unit_test(paths_make_maps),
        cmocka_unit_test(readers_never_fail),
        cmocka_unit_test(equality_is_by_content),
        cmocka_unit_test(large_numbers_are_not_confused),
        cmocka_unit_test(sorts_by_bytes),
        cmocka_unit_test(large_maps_are_equal_quickly),
        cmocka_unit_test(types_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
