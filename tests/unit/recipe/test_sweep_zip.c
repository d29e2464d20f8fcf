// Axes with columns: what moves together.

#include "exprs.h"

#define SHOTS                                                                  \
    "request: {prompt: x, style: \"${look}\"}\n"                               \
    "sweep:\n"                                                                 \
    "  motion.z: [0, 4]\n"                                                     \
    "  shot: {zip: {prompt: [a pier, a cliff], seed: [11, null], look: [day, " \
    "night]}}\n"

static void columns_move_together(void **state)
{
    (void)state;
    struct reading r = exprs_good(HEAD SHOTS);
    static const char *const want[] = {
        "{\"prompt\":\"a pier\",\"style\":\"day\",\"motion\":{\"z\":0},"
        "\"seed\":11}",
        "{\"prompt\":\"a cliff\",\"style\":\"night\",\"motion\":{\"z\":0}}",
        "{\"prompt\":\"a pier\",\"style\":\"day\",\"motion\":{\"z\":4},"
        "\"seed\":11}",
        "{\"prompt\":\"a cliff\",\"style\":\"night\",\"motion\":{\"z\":4}}",
    };
    assert_true(recipe_cells(r.recipe) == COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++) {
        char *got = reading_cell(r.recipe, i, false);
        assert_string_equal(got, want[i]);
        free(got);
    }
    char *vars = reading_cell(r.recipe, 3, true);
    assert_string_equal(
        vars, "{\"prompt\":\"a cliff\",\"style\":\"night\",\"motion\":{\"z\":4}"
              ",\"shot\":2,\"look\":\"night\",\"index\":4,"
              "\"name\":\"r/z4_shot2\",\"take\":1}");
    free(vars);
    struct cell cell;
    struct err err;
    assert_true(recipe_cell(r.recipe, 1, &cell, &err));
    char *axes = json_text(cell.axes);
    assert_string_equal(axes,
                        "{\"motion.z\":0,\"shot\":2,\"prompt\":\"a cliff\","
                        "\"seed\":null,\"look\":\"night\"}");
    free(axes);
    cell_free(&cell);
    reading_free(&r);
    exprs_cells(HEAD SHOTS, "z0_shot1 z0_shot2 z4_shot1 z4_shot2 ");
}

static void columns_may_be_ranges(void **state)
{
    (void)state;
    struct reading r = exprs_good(
        HEAD "request: {prompt: a}\n"
             "sweep:\n"
             "  way: {zip: {motion.x: {from: -1, to: 1, steps: 3}, motion.y: "
             "[5, 5, 0]}}\n");
    char *last = reading_cell(r.recipe, 2, false);
    assert_string_equal(last,
                        "{\"prompt\":\"a\",\"motion\":{\"x\":1,\"y\":0}}");
    free(last);
    reading_free(&r);
}

static void mistakes_have_a_place(void **state)
{
    (void)state;
    exprs_says(
        HEAD "request: {prompt: a}\n"
             "sweep:\n"
             "  seed: [1]\n"
             "  prompt: {zip: {style: [a]}}\n"
             "  index: {zip: {style: [a]}}\n"
             "  one: {zip: {motion.x: [1, 2], motion.y: [1, 2, 3]}}\n"
             "  two: {zip: {}}\n"
             "  three: {zip: [1]}\n"
             "  four: {zip: {seed: [1], motion.q: [1], style: 4}}\n"
             "  five: {zip: {ratio: [a, [1], \"${x}\"]}}\n"
             "  six: {zip: {six: [1]}}\n"
             "  seven: {zip: {extra.a: [1], extra.a.b: [2]}}\n"
             "  eight: {zip: {model: []}}\n"
             "  nine: {zip: {model: [a]}, from: 1}\n",
        "5:3 'prompt' is a field: a zip group has a name of its own, such as "
        "'shot'\n"
        "6:3 'index' cannot be an axis: it has a meaning of its own\n"
        "7:33 the columns of 'one' move together: 'motion.x' has 2 points, "
        "'motion.y' has 3\n"
        "8:14 'zip' takes the columns that move together, such as {prompt: [a "
        "pier, a cliff], seed: [11, 12]}\n"
        "9:16 'zip' takes the columns that move together, such as {prompt: [a "
        "pier, a cliff], seed: [11, 12]}\n"
        "10:16 axis 'seed' is there already, as 'seed'\n"
        "10:27 unknown field 'motion.q' (accepted: motion.x, motion.y, "
        "motion.z, motion.r, motion.bg_x_pan, motion.bg_y_pan)\n"
        "10:49 column 'style' takes a list such as [1, 2] or a range such as "
        "{from: 0, to: 4, steps: 3}, found 4\n"
        "11:27 a point of 'ratio' is a text, a number, true or false, found "
        "a list\n"
        "11:32 the points of an axis are taken as they are: '${' has no "
        "meaning here\n"
        "12:15 axis 'six' is there already, as 'six'\n"
        "13:31 axis 'extra.a.b' is there already, as 'extra.a'\n"
        "14:24 'model' has no points (1 to 100000)\n"
        "15:29 unknown key 'from' in a zip group (accepted: zip)\n");
}

static void unknown_axes_have_a_nearest_kind(void **state)
{
    (void)state;
    exprs_says(HEAD "sweep:\n  shot: {zpi: {prompt: [a]}}\n",
               "3:10 unknown key 'zpi' in a range (did you mean 'zip'?)\n");
}

static void columns_that_change_nothing(void **state)
{
    (void)state;
    exprs_says(HEAD "request: {prompt: a}\n"
                    "sweep: {shot: {zip: {promt: [a, b], look: [c, d]}}}\n",
               "3:22 column 'promt' changes nothing (did you mean 'prompt'?)\n"
               "3:37 ? column 'look' changes no request: no field is called "
               "so and none holds ${look}\n");
    // But for the names, beside one that does.
    exprs_says(HEAD "request: {prompt: a}\n"
                    "outputs: {name: \"${shot}_${word}\"}\n"
                    "sweep: {shot: {zip: {prompt: [a, b], word: [c, d]}}}\n",
               "");
    exprs_says(HEAD "request: {prompt: a}\n"
                    "outputs: {name: \"${shot}_${word}\"}\n"
                    "sweep: {shot: {zip: {word: [c, d], look: [e, f]}}}\n",
               "4:22 ? column 'word' changes no request: no field is called "
               "so and none holds ${word}\n"
               "4:36 ? column 'look' changes no request: no field is called "
               "so and none holds ${look}\n");
    // The group's own number is what changes the requests.
    exprs_says(HEAD "request: {prompt: \"take ${shot}\"}\n"
                    "outputs: {name: \"${word}\"}\n"
                    "sweep: {shot: {zip: {word: [c, d]}}}\n",
               "");
    // For the choice of cells.
    exprs_says(HEAD "request: {prompt: a}\n"
                    "sweep:\n"
                    "  shot: {zip: {prompt: [a, b], promt: [1, 2], wor: [1, "
                    "2]}}\n"
                    "  exclude: [seed == 1, shot == 1 and promt == 2]\n"
                    "outputs: {name: \"${shot}\"}\n",
               "4:47 ? column 'wor' changes no request: no field is called so "
               "and none holds ${wor}\n");
    exprs_says(HEAD "params: {look: x}\nrequest: {prompt: \"${look}\"}\n"
                    "sweep: {shot: {zip: {look: [c, d]}}}\n",
               "4:22 axis 'look' has the name of a parameter\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_move_together),
        cmocka_unit_test(columns_may_be_ranges),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(unknown_axes_have_a_nearest_kind),
        cmocka_unit_test(columns_that_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
