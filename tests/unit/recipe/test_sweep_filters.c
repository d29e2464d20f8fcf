// Which cells a sweep has: exclude, include, sample, takes, and --only.

#include "exprs.h"

#define GRID                                                                   \
    "request: {prompt: a, style: \"${turn}\"}\n"                               \
    "sweep:\n"                                                                 \
    "  motion.x: [1, 2, 3]\n"                                                  \
    "  turn: [l, r]\n"

static void what_is_excluded_is_left_out(void **state)
{
    (void)state;
    exprs_cells(HEAD GRID "  exclude: motion.x == 2\n",
                "x1_turnl x1_turnr x3_turnl x3_turnr ");
    exprs_cells(HEAD GRID
                "  exclude: [motion.x == 2 and turn == \"l\", motion.x > 2]\n",
                "x1_turnl x1_turnr x2_turnr ");
    exprs_cells(HEAD GRID "  exclude: [style == \"r\"]\n",
                "x1_turnl x2_turnl x3_turnl ");
    exprs_cells(HEAD GRID "  exclude: seed == null and motion.y == null and "
                          "motion.x < 3\n",
                "x3_turnl x3_turnr ");
    exprs_cells(HEAD GRID "  exclude: []\n",
                "x1_turnl x1_turnr x2_turnl x2_turnr x3_turnl x3_turnr ");
}

static void each_point_is_tested_once(void **state)
{
    (void)state;
    struct reading r = exprs_good(HEAD "request: {prompt: a}\n"
                                       "sweep:\n"
                                       "  motion.x: {from: 1, to: 500, by: 1}\n"
                                       "  exclude: motion.x > 400\n"
                                       "  takes: 3\n");
    free(exprs_names(r.recipe, NULL, 0));
    assert_true(exprs_tests == 500);
    // A cell, too, so that a run does not stop at one that was right before.
    free(exprs_names(r.recipe, "take == 2", 0));
    assert_true(exprs_tests == 500 + 1200);
    reading_free(&r);
}

static void mistakes_of_exclude(void **state)
{
    (void)state;
    exprs_says(HEAD GRID "  exclude: [motion.x = 2, 4, [a]]\n",
               "6:13 'exclude': '=' sets, '==' compares\n"
               "6:27 'exclude' takes a Lua expression, such as \"motion.z == 4 "
               "and shot == 2\", or a list of them, found 4\n"
               "6:30 'exclude' takes a Lua expression, such as \"motion.z == 4 "
               "and shot == 2\", or a list of them, found a list\n");
    exprs_says(HEAD GRID "  exclude: motion.x == 3 and trun == \"l\"\n",
               "6:12 'exclude': unknown name 'trun' (did you mean 'turn'?) "
               "(where motion.x=3 turn=l)\n");
    exprs_says(HEAD GRID "  exclude: turn > 2\n",
               "6:12 'exclude': cannot compare (where motion.x=1 turn=l)\n");
    exprs_says(HEAD GRID "  takes: 2\n  exclude: take == 2\n",
               "7:12 'exclude': 'take' has no meaning here: cells are counted "
               "afterwards (where motion.x=1 turn=l)\n");
    exprs_says(HEAD GRID "  exclude: [motion.x < 3, motion.x > 2]\n",
               "6:13 'exclude' leaves no cell\n");
    reading_says(HEAD GRID "  exclude: motion.x < 3\n",
                 "6:12 'exclude': there is no Lua here\n");
}

#define SHOTS                                                                  \
    "request: {prompt: x}\n"                                                   \
    "sweep:\n"                                                                 \
    "  motion.z: [0, 4]\n"                                                     \
    "  shot: {zip: {prompt: [a, b], seed: [1, 2]}}\n"

static void cells_of_their_own_come_last(void **state)
{
    (void)state;
    exprs_cells(
        HEAD SHOTS
        "  include:\n"
        "  - {motion.z: 8, shot: 1}\n"            // a point of its own
        "  - {motion.z: 4, prompt: a, seed: 1}\n" // what was left out
        "  - {motion.z: 0, prompt: c, seed: 3}\n" // a third shot
        "  - {motion.z: 8, prompt: c, seed: 3}\n" // the same one
        "  - {motion.z: 8, prompt: a, seed: 3}\n" // a fourth
        "  exclude: motion.z == 4 and shot == 1\n",
        "z0_shot1 z0_shot2 z4_shot2 z8_shot1 z4_shot1 z0_shot3 z8_shot3 "
        "z8_shot4 ");
    struct reading r =
        exprs_good(HEAD SHOTS "  include: [{motion.z: 8, prompt: "
                              "c, seed: null}]\n");
    char *own = reading_cell(r.recipe, 4, false);
    assert_string_equal(own, "{\"prompt\":\"c\",\"motion\":{\"z\":8}}");
    free(own);
    reading_free(&r);
}

static void mistakes_of_include(void **state)
{
    (void)state;
    exprs_says(HEAD SHOTS "  include: [4, {motion.z: 1, shoot: 2}]\n",
               "6:13 a cell is a map with a value for each axis, found 4\n"
               "6:30 unknown axis 'shoot' (did you mean 'shot'?)\n");
    exprs_says(
        HEAD SHOTS "  include:\n"
                   "  - {shot: 1}\n"
                   "  - {motion.z: 8}\n"
                   "  - {motion.z: 8, prompt: a}\n"
                   "  - {motion.z: far, shot: 3}\n"
                   "  - {motion.z: 8, shot: 1, seed: 1}\n"
                   "  - {motion.z: 8, shot: one}\n",
        "7:5 this cell has no 'motion.z'\n"
        "8:5 this cell has no 'prompt': give it the number of a point of "
        "'shot', or all its columns\n"
        "9:5 this cell has no 'seed': give it the number of a point of 'shot', "
        "or all its columns\n"
        "10:16 'motion.z' takes a number, found \"far\"\n"
        "10:27 'shot' takes the number of one of its points, 1 to 2, or all "
        "its columns, found 3\n"
        "11:34 'seed' comes with 'shot', whose number is given\n"
        "12:25 'shot' takes the number of one of its points, 1 to 2, or all "
        "its columns, found \"one\"\n");
    exprs_says(HEAD SHOTS "  include: [{motion.z: 8, shot: 1}, {motion.z: 8, "
                          "prompt: a, seed: 1}]\n",
               "6:37 this cell is included already\n");
    exprs_says(HEAD SHOTS "  include: [{motion.z: 4, shot: 1}]\n",
               "6:13 ? this cell is one of the grid already\n");
    exprs_cells(HEAD SHOTS "  include: [{motion.z: 4, shot: 1}, {motion.z: 8, "
                           "shot: 2}]\n",
                "z0_shot1 z0_shot2 z4_shot1 z4_shot2 z8_shot2 ");
    exprs_says(HEAD SHOTS "  include: {motion.z: 4, shot: 1}\n",
               "6:12 'include' takes a list of at most 100000 cells, such as "
               "[{motion.x: 8, turn: 0}]\n");
    exprs_says(HEAD "sweep: {takes: 2, include: [{seed: 1}]}\n",
               "2:28 'include' takes cells beside the axes of a sweep, and "
               "there are none\n");
}

static char *sample_of(const char *axes, int count, int seed)
{
    char *text =
        xasprintf(HEAD "request: {prompt: a}\nsweep:\n%s  sample: {count: %d, "
                       "seed: %d}\n",
                  axes, count, seed);
    struct reading r = exprs_good(text);
    char *names = exprs_names(r.recipe, NULL, 0);
    free(text);
    reading_free(&r);
    return names;
}

// Every word of `some` is one of `all`.
static size_t shared(const char *some, const char *all)
{
    size_t n = 0;
    for (const char *word = some; *word; word = strchr(word, ' ') + 1) {
        size_t len = strcspn(word, " ") + 1;
        char *one = xstrndup(word, len);
        const char *at = strstr(all, one);
        n += at && (at == all || at[-1] == ' ');
        free(one);
    }
    return n;
}

#define TENS                                                                   \
    "  motion.x: {from: 0, to: 9, by: 1}\n"                                    \
    "  motion.y: {from: 0, to: 9, by: 1}\n"

static void a_larger_sample_keeps_the_smaller(void **state)
{
    (void)state;
    char *small = sample_of(TENS, 7, 3);
    char *again = sample_of(TENS, 7, 3);
    char *other = sample_of(TENS, 7, 4);
    char *large = sample_of(TENS, 20, 3);
    char *all = sample_of(TENS, 1000, 3);
    // Written down: what was bought under a seed is found again by every
    // later tarmac.
    assert_string_equal(small, "x1_y2 x3_y6 x4_y7 x6_y7 x8_y6 x8_y9 x9_y5 ");
    assert_string_equal(small, again);
    assert_true(shared(other, small) < 7);
    assert_int_equal(shared(small, large), 7);
    assert_int_equal(shared(large, all), 20);
    free(small);
    free(again);
    free(other);
    free(large);
    free(all);
}

static void new_points_do_not_reshuffle(void **state)
{
    (void)state;
    // Of the points that both have, those with the smallest ranks are the same.
    char *was = sample_of("  motion.x: [1, 2, 3, 4]\n"
                          "  shot: {zip: {style: [a, b], seed: [1, 2]}}\n",
                          5, 7);
    char *is = sample_of("  motion.x: [9, 4, 3, 2, 1]\n"
                         "  shot: {zip: {seed: [1, 3, 2], style: [a, c, b]}}\n",
                         15, 7);
    char *less = sample_of("  motion.x: [9, 4, 3, 2, 1]\n"
                           "  shot: {zip: {seed: [1, 3, 2], style: [a, c, b]}}"
                           "\n  exclude: [seed == 3, motion.x == 9]\n",
                           5, 7);
    assert_int_equal(shared(less, is), 5);
    // shot 2 of the first is shot 3 of the others
    char *moved = xstrdup(less);
    for (char *s = moved; (s = strstr(s, "shot3")); s++)
        s[4] = '2';
    assert_int_equal(shared(moved, was), 5);
    free(moved);
    free(was);
    free(is);
    free(less);
}

static void samples_are_even(void **state)
{
    (void)state;
    char *some = sample_of(TENS, 50, 1);
    size_t low = 0;
    for (const char *s = some; (s = strchr(s, 'x')); s++)
        low += s[1] < '5';
    assert_in_range(low, 12, 38); // 25 are expected
    free(some);
}

static void samples_spare_what_is_included(void **state)
{
    (void)state;
    exprs_cells(HEAD GRID "  exclude: motion.x == 2\n"
                          "  sample: {count: 1, seed: 2}\n"
                          "  include: [{motion.x: 2, turn: l}, {motion.x: 9, "
                          "turn: s}]\n",
                "x1_turnl x2_turnl x9_turns ");
}

static void takes_are_innermost(void **state)
{
    (void)state;
    exprs_cells(HEAD "request: {prompt: a}\n"
                     "sweep: {takes: 2, seed: [1, 2], include: [{seed: 7}]}\n",
                "seed1_t1 seed1_t2 seed2_t1 seed2_t2 seed7_t1 seed7_t2 ");
    exprs_cells(HEAD "request: {prompt: a}\nsweep: {takes: 3}\n",
                "r_t1 r_t2 r_t3 ");
    exprs_cells(HEAD "request: {prompt: a}\nsweep: {takes: 1, seed: [1]}\n",
                "seed1 ");
    struct reading r = exprs_good(HEAD "request: {prompt: \"take ${take}\"}\n"
                                       "sweep: {takes: 2}\n");
    char *second = reading_cell(r.recipe, 1, true);
    assert_string_equal(second, "{\"prompt\":\"take 2\",\"index\":2,"
                                "\"name\":\"r/r_t2\",\"take\":2}");
    free(second);
    reading_free(&r);
}

static void mistakes_of_numbers(void **state)
{
    (void)state;
    exprs_says(HEAD GRID "  takes: 0\n  sample: 20\n",
               "6:10 'takes' takes a whole number from 1 to 1000, found 0\n"
               "7:11 expected a map in sample, found 20\n");
    exprs_says(HEAD GRID "  takes: 1001\n  sample: {seed: -1, cuont: 4}\n",
               "6:10 'takes' takes a whole number from 1 to 1000, found 1001\n"
               "7:11 a sample is {count: N, seed: S}: 'count' is missing\n"
               "7:18 'seed' in sample takes a whole number from 0 to "
               "9223372036854775807, found -1\n"
               "7:22 unknown key 'cuont' in sample (did you mean 'count'?)\n");
    exprs_says(HEAD GRID "  sample: {count: 2.5}\n",
               "6:19 'count' in sample takes a whole number from 1 to "
               "10000000, found 2.5\n");
    exprs_says(HEAD "request: {prompt: \"${takes}\"}\nsweep: {takes: 2}\n",
               "2:19 unknown variable 'takes' (did you mean 'take'?)\n");
    exprs_says(HEAD "sweep: {seed: {from: 1, to: 100000, by: 1}, takes: 101}\n",
               "2:8 this sweep has more than 10000000 cells\n");
}

static void only_some_are_walked(void **state)
{
    (void)state;
    static const struct {
        const char *only;
        uint64_t first;
        const char *names;
    } cases[] = {
        {"motion.x > 1 and take == 2", 0,
         "x2_turnl_t2 x2_turnr_t2 x3_turnl_t2 x3_turnr_t2 "},
        {"motion.x > 1 and take == 2", 3,
         "x2_turnl_t2 x2_turnr_t2 x3_turnl_t2 "},
        {"index == 12", 5, "x3_turnr_t2 "},
        {NULL, 2, "x1_turnl_t1 x1_turnl_t2 "},
        {"motion.x > 8", 0, "! --only leaves no cell of the 12"},
        {"motion.x = 8", 0, "! --only: '=' sets, '==' compares"},
        {"motion.x == 3 and turm == \"l\"", 0,
         "! --only: unknown name 'turm' (did you mean 'turn'?) (cell 9, where "
         "motion.x=3 turn=l)"},
    };
    struct reading r = exprs_good(HEAD GRID "  takes: 2\n");
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *names = exprs_names(r.recipe, cases[i].only, cases[i].first);
        assert_string_equal(names, cases[i].names);
        free(names);
    }
    struct recipe_choice choice = {.only = "index == 12"};
    struct err err;
    struct cell cell;
    bool more;
    struct recipe_walk *walk = recipe_walk_new(r.recipe, &choice, &err);
    assert_true(recipe_walk_next(walk, &cell, &more, &err) && more);
    assert_true(cell.index == 12 && cell.take == 2); // of all, not of these
    cell_free(&cell);
    assert_true(recipe_walk_next(walk, &cell, &more, &err) && !more);
    recipe_walk_free(walk);
    recipe_walk_free(NULL);
    reading_free(&r);
}

// The next cell's index; 0: there is none.
static int next_of(struct recipe_walk *walk)
{
    struct err err;
    struct cell cell;
    bool more;
    assert_true(recipe_walk_next(walk, &cell, &more, &err));
    int index = more ? (int)cell.index : 0;
    if (more)
        cell_free(&cell);
    return index;
}

// Whatever is left of the one that it is made of.
static void a_walk_is_made_again(void **state)
{
    (void)state;
    struct reading r = exprs_good(HEAD "sweep:\n"
                                       "  seed: {from: 1, to: 9, by: 1}\n");
    struct recipe_choice choice = {.only = "seed > 4", .first = 3};
    struct err err;
    struct recipe_walk *walk = recipe_walk_new(r.recipe, &choice, &err);
    assert_int_equal(next_of(walk), 5);
    struct recipe_walk *again = recipe_walk_again(walk);
    recipe_walk_skip(walk, 1);
    assert_int_equal(next_of(walk), 7);
    recipe_walk_free(walk);
    assert_int_equal(recipe_walk_cells(again), 3);
    assert_int_equal(next_of(again), 5);
    recipe_walk_skip(again, 0);
    assert_int_equal(next_of(again), 6);
    recipe_walk_skip(again, 9);
    assert_int_equal(next_of(again), 0);
    recipe_walk_free(again);
    reading_free(&r);
}

static void only_what_is_kept_is_checked(void **state)
{
    (void)state;
    // A style of 4 is no text; the cells that would have it are left out.
    exprs_cells(HEAD "request: {prompt: a, style: \"${look}\"}\n"
                     "sweep:\n"
                     "  look: [day, 4]\n"
                     "  motion.x: [1, 2]\n"
                     "  exclude: look == 4\n",
                "lookday_x1 lookday_x2 ");
    exprs_says(HEAD "request: {prompt: a, style: \"${look}\"}\n"
                    "sweep:\n"
                    "  look: [day, 4]\n"
                    "  motion.x: [1, 2]\n"
                    "  exclude: look == 4 and motion.x == 1\n",
               "2:29 'style' takes a text, found 4\n");
    exprs_says(HEAD "request: {prompt: a, style: \"${look}\"}\n"
                    "sweep:\n"
                    "  look: [day]\n"
                    "  include: [{look: 4}]\n",
               "2:29 'style' takes a text, found 4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_excluded_is_left_out),
        cmocka_unit_test(each_point_is_tested_once),
        cmocka_unit_test(mistakes_of_exclude),
        cmocka_unit_test(cells_of_their_own_come_last),
        cmocka_unit_test(mistakes_of_include),
        cmocka_unit_test(a_larger_sample_keeps_the_smaller),
        cmocka_unit_test(new_points_do_not_reshuffle),
        cmocka_unit_test(samples_are_even),
        cmocka_unit_test(samples_spare_what_is_included),
        cmocka_unit_test(takes_are_innermost),
        cmocka_unit_test(mistakes_of_numbers),
        cmocka_unit_test(only_some_are_walked),
        cmocka_unit_test(a_walk_is_made_again),
        cmocka_unit_test(only_what_is_kept_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
