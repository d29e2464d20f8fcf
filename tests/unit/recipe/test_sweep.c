#include "recipe/sweep.h"

#include <math.h>

#include "reading.h"

static void mistakes_are_all_found(void **state)
{
    (void)state;
    reading_says(
        HEAD "request: {prompt: a}\n"
             "sweep:\n"
             "  motion.x: []\n"
             "  motion.y: 4\n"
             "  motion.z: {from: 0, to: 1}\n"
             "  motion.r: {from: 0, to: 1, steps: 2, by: 1}\n"
             "  seed: {from: 0, to: 1, steps: 3}\n"
             "  seconds: [5, ten, [1], null]\n"
             "  motion.xx: [1]\n"
             "  motion: [1]\n"
             "  index: [1]\n"
             "  style: [\"${x}\", a, a]\n"
             "  extra.a: [1]\n"
             "  extra.a.b: [1]\n"
             "  extra..c: [1]\n"
             "  bad name: [1]\n"
             "  look: [null, {a: 1}]\n",
        "4:13 'motion.x' has no points (1 to 100000)\n"
        "5:13 axis 'motion.y' takes a list such as [1, 2] or a range such "
        "as {from: 0, to: 4, steps: 3}, found 4\n"
        "6:13 a range is {from: A, to: B, steps: N} or {from: A, to: "
        "B, by: D}\n"
        "7:13 a range is {from: A, to: B, steps: N} or {from: A, to: "
        "B, by: D}\n"
        "8:9 'seed' takes a whole number, found 0.5\n"
        "9:16 'seconds' takes a number, found \"ten\"\n"
        "9:21 a point of 'seconds' is a text, a number, true or "
        "false, found a list\n"
        "10:3 unknown field 'motion.xx' (did you mean 'motion.x'?)\n"
        "11:3 an axis names one field, such as 'motion.x'\n"
        "12:3 'index' cannot be an axis: it has a meaning of its own\n"
        "13:11 the points of an axis are taken as they are: '${' has "
        "no meaning here\n"
        "13:22 \"a\" is a point of 'style' already\n"
        "15:3 axis 'extra.a.b' is there already, as 'extra.a'\n"
        "16:3 unknown field 'extra..c'\n"
        "17:3 'bad name' cannot be an axis: letters, digits and '_'\n"
        "18:10 a point of 'look' is a text, a number, true or false, "
        "found null\n"
        "18:16 a point of 'look' is a text, a number, true or false, "
        "found a map\n");
}

static void an_axis_appears_once(void **state)
{
    (void)state;
    struct problems p;
    problems_init(&p, "r.yaml");
    struct value *tree = value_map(), *sweep = value_map();
    value_set(tree, "tarmac", value_int(1));
    value_set(tree, "sweep", sweep);
    for (int i = 0; i < 2; i++) {
        struct value *points = value_list();
        value_add(points, value_int(i));
        value_push(sweep, "seed", (struct pos){3 + i, 1}, points);
    }
    assert_null(recipe_read(tree, NULL, &p));
    char *said = reading_said(&p);
    assert_string_equal(said, "4:1 axis 'seed' is there already, as 'seed'\n");
    free(said);
    value_free(tree);
    problems_free(&p);
}

static void axes_that_change_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {HEAD "sweep: {promt: [a, b]}\n",
         "2:9 axis 'promt' changes nothing (did you mean 'prompt'?)\n"},
        {HEAD "request: {style: \"${promt}\"}\nsweep: {promt: [a, b]}\n", ""},
        {HEAD "script: a.lua\nsweep: {promt: [a, b]}\n", ""},
        {HEAD "sweep: {promt: [a, b]}\noutputs: {name: \"${promt}\"}\n",
         "2:9 ? axis 'promt' changes no request: no field is called so and "
         "none holds ${promt}\n"},
        // One point marks the run.
        {HEAD "sweep: {promt: [a]}\noutputs: {name: \"${promt}\"}\n", ""},
        {HEAD "sweep: {look: [a, b]}\n",
         "2:9 ? axis 'look' changes no request: no field is called so and "
         "none holds ${look}\n"},
        {HEAD "params: {look: x}\nrequest: {prompt: \"${look}\"}\n"
              "sweep: {look: [a, b]}\n",
         "4:9 axis 'look' has the name of a parameter\n"},
        {HEAD "request: {extra: {a: 5}}\nsweep: {extra.a.b: [1]}\n",
         "3:9 the request's 'extra.a' is an integer: 'extra.a.b' cannot be "
         "set\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        reading_says(cases[i].in, cases[i].out);
}

static void ranges_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *range, *says;
    } cases[] = {
        {"{from: 1, to: 0, by: 1}",
         "2:39 'by' never reaches 'to' from 'from'\n"},
        {"{from: 0, to: 1, by: 0}",
         "2:39 'by' never reaches 'to' from 'from'\n"},
        {"{from: 0, to: 1, by: 0.0000001}",
         "2:39 this range has more than 100000 points\n"},
        {"{from: 0, to: 1, by: 1e-320}",
         "2:39 this range has more than 100000 points\n"},
        {"{from: 0, to: 1, steps: 0}",
         "2:42 'steps' takes a whole number from 1 to 100000, found 0\n"},
        {"{from: 0, to: 1, steps: 2.5}",
         "2:42 'steps' takes a whole number from 1 to 100000, found 2.5\n"},
        {"{from: 0, to: 1, steps: 100001}",
         "2:42 'steps' takes a whole number from 1 to 100000, found 100001\n"},
        {"{from: 0, to: 1, steps: 1}",
         "2:42 one step needs 'from' and 'to' to be the same\n"},
        {"{from: 1, to: 1, steps: 2}",
         "2:42 'from' and 'to' are the same: there is only one point\n"},
        {"{from: a, to: 1, step: 2}",
         "2:25 'from' in a range takes a number, found \"a\"\n"
         "2:35 unknown key 'step' in a range (did you mean 'steps'?)\n"},
        {"{from: 1000000000.0001, to: 1000000000.0009, steps: 5}",
         "2:18 points of this range are the same: they are rounded to 12 "
         "digits\n"},
        {"{from: -1.5e308, to: 1.5e308, steps: 2}",
         "2:18 this range is too wide\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = xasprintf(HEAD "sweep: {extra.n: %s}\n", cases[i].range);
        reading_says(text, cases[i].says);
        free(text);
    }
}

static void ranges_are_rounded(void **state)
{
    (void)state;
    static const struct {
        const char *range, *points;
    } cases[] = {
        {"{from: -6, to: 6, steps: 3}", "[-6,0,6]"},
        {"{from: 0, to: 1, by: 0.1}",
         "[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]"},
        {"{from: 0, to: 1, steps: 11}",
         "[0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1]"},
        {"{from: -0.3, to: 0.3, by: 0.1}", "[-0.3,-0.2,-0.1,0,0.1,0.2,0.3]"},
        {"{from: 1, to: -1, by: -0.5}", "[1,0.5,0,-0.5,-1]"},
        {"{from: 1, to: -1, steps: 5}", "[1,0.5,0,-0.5,-1]"},
        {"{from: 0, to: 1, by: 0.3}", "[0,0.3,0.6,0.9]"},
        {"{from: 0, to: 1, by: 2}", "[0]"},
        {"{from: 5, to: 5, by: 1}", "[5]"},
        {"{from: 5, to: 5, steps: 1}", "[5]"},
        {"{from: 0, to: 1, steps: 4}", "[0,0.333333333333,0.666666666667,1]"},
        {"{from: 1.0, to: 3.0, steps: 3}", "[1,2,3]"},
        {"{from: 0, to: 1e-9, steps: 3}", "[0,5e-10,1e-9]"},
        {"{from: 1700000000000001, to: 1700000000000003, by: 1}",
         "[1700000000000001,1700000000000002,1700000000000003]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = xasprintf(HEAD "sweep: {extra.n: %s}\n", cases[i].range);
        struct reading r = reading_good(text);
        const struct axis *axis = &r.recipe->axes[0];
        struct value *points = value_list();
        for (size_t k = 0; k < axis->n; k++) {
            // Integral ones are integers.
            double x;
            assert_true(value_number(axis->columns[0].points[k], &x));
            assert_int_equal(axis->columns[0].points[k]->type == VALUE_INT,
                             x == floor(x));
            value_add(points, value_copy(axis->columns[0].points[k]));
        }
        char *got = json_text(points), *want = xstrdup(cases[i].points);
        struct err err;
        struct value *wanted = json_read(want, strlen(want), JSON_STRICT, &err);
        if (!value_equal(points, wanted))
            fail_msg("%s: %s", cases[i].range, got);
        value_free(wanted);
        free(want);
        free(got);
        value_free(points);
        reading_free(&r);
        free(text);
    }
}

static void a_null_takes_a_field_away(void **state)
{
    (void)state;
    struct reading r =
        reading_good(HEAD "request: {prompt: a, style: x, seed: null,"
                          " extra: {k: null}}\n"
                          "sweep: {style: [null, cinematic]}\n");
    char *without = reading_cell(r.recipe, 0, false);
    assert_string_equal(without, "{\"prompt\":\"a\",\"extra\":{\"k\":null}}");
    reading_named(r.recipe, 0, "r/stylenone");
    char *with = reading_cell(r.recipe, 1, false);
    assert_non_null(strstr(with, "\"style\":\"cinematic\""));
    free(with);
    free(without);
    reading_free(&r);
}

// The same request, and so the same purchase, as one without the axis.
static void a_null_leaves_no_empty_group(void **state)
{
    (void)state;
    struct reading r =
        reading_good(HEAD "request: {prompt: a, extra: {k: 1}}\n"
                          "sweep: {motion.x: [null, 1], motion.y: [null, 2], "
                          "extra.a.b: [null, 3]}\n");
    static const char *const cells[] = {
        "{\"prompt\":\"a\",\"extra\":{\"k\":1}}",
        "{\"prompt\":\"a\",\"extra\":{\"k\":1,\"a\":{\"b\":3}}}",
        "{\"prompt\":\"a\",\"extra\":{\"k\":1},\"motion\":{\"y\":2}}",
    };
    for (size_t i = 0; i < COUNT(cells); i++) {
        char *cell = reading_cell(r.recipe, i, false);
        assert_string_equal(cell, cells[i]);
        free(cell);
    }
    reading_free(&r);
}

static void large_sweeps_are_read_lazily(void **state)
{
    (void)state;
    struct reading r =
        reading_good(HEAD "request: {prompt: a, seed: 3}\n"
                          "sweep:\n"
                          "  motion.x: {from: 1, to: 1000, steps: 1000}\n"
                          "  motion.y: {from: 1, to: 1000, steps: 1000}\n");
    assert_true(recipe_cells(r.recipe) == 1000000);
    reading_named(r.recipe, 0, "r/x1_y1");
    reading_named(r.recipe, 1, "r/x1_y2");
    reading_named(r.recipe, 1000, "r/x2_y1");
    reading_named(r.recipe, 999999, "r/x1000_y1000");
    char *text = reading_cell(r.recipe, 123456, false);
    assert_string_equal(
        text, "{\"prompt\":\"a\",\"seed\":3,\"motion\":{\"x\":124,\"y\":457}}");
    free(text);
    struct cell cell;
    struct err err;
    assert_false(recipe_cell(r.recipe, 1000000, &cell, &err));
    reading_free(&r);
    reading_says(HEAD "sweep:\n"
                      "  motion.x: {from: 0, to: 1, steps: 4000}\n"
                      "  motion.y: {from: 0, to: 1, steps: 4000}\n",
                 "3:3 this sweep has more than 10000000 cells\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_all_found),
        cmocka_unit_test(an_axis_appears_once),
        cmocka_unit_test(axes_that_change_nothing),
        cmocka_unit_test(ranges_are_refused),
        cmocka_unit_test(ranges_are_rounded),
        cmocka_unit_test(a_null_takes_a_field_away),
        cmocka_unit_test(a_null_leaves_no_empty_group),
        cmocka_unit_test(large_sweeps_are_read_lazily),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
