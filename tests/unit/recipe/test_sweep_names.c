// Whose names are compared where, in sweeps too large for memory.

#include "exprs.h"

#define LARGE                                                                  \
    "request: {prompt: a, style: \"${look}\"}\n"                               \
    "sweep:\n"                                                                 \
    "  seed: {from: 1, to: 26000, by: 1}\n"                                    \
    "  shot: {zip: {prompt: [a_b, c, C], look: [x, y, z]}}\n"                  \
    "  takes: 2\n"

// A place for names that remembers only how often it was asked.
struct place {
    uint64_t asked, twice_at; // twice_at: the cell whose name "was there"
    bool fails;
};

static int add(void *ctx, const char *name, uint64_t cell, uint64_t *other,
               struct err *err)
{
    struct place *place = ctx;
    assert_true(cell == place->asked && *name);
    place->asked++;
    if (place->fails) {
        err_set(err, ERR_DISK, "the disk is full");
        return -1;
    }
    *other = 2;
    return !place->twice_at || cell < place->twice_at;
}

static void large_sweeps_are_proven_or_compared(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool compared;
    } cases[] = {
        {"${recipe}/s${seed}_${shot}_t${take}", false},
        {"${recipe}/s${seed}=${prompt}=${shot}=${take}", false},
        {"${recipe}/s${seed}=${prompt}=${look}=${take}", false},
        {"c${index}", false},
        {"${recipe}/s${seed}=${prompt}=${take}", true}, // c and C
        {"${recipe}/s${seed}_${shot}t${take}_${prompt}", true},
        {"${recipe}/s${seed}_${shot}", true}, // without the take
        {"${recipe}/s${seed}_${shot}_t${take}_${style}", true},
        {"${recipe}/${seed}${shot}_t${take}", true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct place place = {.fails = true}; // the first one is enough
        struct recipe_names names = {&place, add};
        char *text =
            xasprintf(HEAD LARGE "outputs: {name: \"%s\"}\n", cases[i].name);
        struct reading r = exprs_reading(text, &names);
        if (!r.recipe != cases[i].compared || place.asked != cases[i].compared)
            fail_msg("%s: asked %llu times", cases[i].name,
                     (unsigned long long)place.asked);
        reading_free(&r);
        free(text);
    }
}

// The first cell's fits; seed 10000 makes 200 bytes, or one more.
static void names_are_proven_to_be_short(void **state)
{
    (void)state;
    for (int len = 195; len <= 196; len++) {
        struct place place = {0};
        struct recipe_names names = {&place, add};
        char *text = xasprintf(HEAD LARGE "outputs: {name: "
                                          "\"%0*d${seed}/${shot}_t${take}\"}\n",
                               len, 0);
        struct reading r = exprs_reading(text, &names);
        if (len == 195) {
            assert_true(r.recipe && place.asked == 0);
        } else {
            assert_true(!r.recipe && place.asked == UINT64_C(9999) * 6);
            assert_non_null(strstr(r.problems.items[0].text,
                                   "has a part of more than 200 bytes (cell "
                                   "59995)"));
        }
        free(text);
        reading_free(&r);
    }
}

static void all_are_compared(void **state)
{
    (void)state;
    struct place place = {0};
    struct recipe_names names = {&place, add};
    struct reading r = exprs_reading(
        HEAD LARGE "outputs: {name: \"${seed}${shot}_t${take}\"}\n", &names);
    assert_non_null(r.recipe);
    assert_true(place.asked == recipe_cells(r.recipe));
    reading_free(&r);
}

static void the_default_name_is_proven(void **state)
{
    (void)state;
    struct reading r =
        exprs_good(HEAD LARGE "  exclude: shot == 2\n"
                              "  include: [{seed: 5, prompt: new, look: "
                              "w}]\n");
    assert_true(recipe_cells(r.recipe) == 104002);
    reading_named(r.recipe, 104001, "r/seed5_shot4_t2");
    reading_free(&r);
}

static void two_of_one_name_are_said(void **state)
{
    (void)state;
    struct place place = {.twice_at = 7};
    struct recipe_names names = {&place, add};
    struct reading r = exprs_reading(
        HEAD LARGE "outputs: {name: \"${recipe}/${shot}-${seed}\"}\n", &names);
    char *said = reading_said(&r.problems);
    assert_string_equal(said, "7:17 cells 3 (seed=1 shot=2 take=1) and 8 "
                              "(seed=2 shot=1 take=2) would both be named "
                              "'r/1-2': add ${take} to outputs.name\n");
    assert_true(place.asked == 8);
    free(said);
    reading_free(&r);
    place = (struct place){.fails = true};
    r = exprs_reading(HEAD LARGE "outputs: {name: \"${shot}-${seed}\"}\n",
                      &names);
    said = reading_said(&r.problems);
    assert_string_equal(said, "7:17 the names of the cells cannot be compared: "
                              "the disk is full\n");
    free(said);
    reading_free(&r);
}

static void without_a_place_they_must_be_proven(void **state)
{
    (void)state;
    exprs_says(HEAD LARGE "outputs: {name: \"${shot}-${seed}\"}\n",
               "7:17 a sweep of more than 100000 cells needs an outputs.name "
               "that holds every axis, with a character between them that no "
               "point has, such as \"${a}_${b}\": ${take} is missing\n");
}

static void small_sweeps_are_compared(void **state)
{
    (void)state;
    exprs_says(HEAD "request: {prompt: a}\n"
                    "sweep:\n"
                    "  seed: [1, 2]\n"
                    "  takes: 2\n"
                    "outputs: {name: \"${seed}\"}\n",
               "6:17 cells 1 (seed=1 take=1) and 2 (seed=1 take=2) would both "
               "be named '1': add ${take} to outputs.name\n");
    exprs_says(HEAD "request: {prompt: a}\n"
                    "sweep:\n"
                    "  shot: {zip: {seed: [1, 2], prompt: [a, A]}}\n"
                    "outputs: {name: \"${prompt}\"}\n",
               "5:17 cells 1 (shot=1) and 2 (shot=2) would both be named 'a': "
               "add ${index} to outputs.name\n");
    exprs_says(HEAD "request: {prompt: a}\n"
                    "sweep:\n"
                    "  shot: {zip: {seed: [1, 2], prompt: [a, b]}}\n"
                    "outputs: {name: \"${prompt}\"}\n",
               "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_sweeps_are_proven_or_compared),
        cmocka_unit_test(names_are_proven_to_be_short),
        cmocka_unit_test(all_are_compared),
        cmocka_unit_test(the_default_name_is_proven),
        cmocka_unit_test(two_of_one_name_are_said),
        cmocka_unit_test(without_a_place_they_must_be_proven),
        cmocka_unit_test(small_sweeps_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
