#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/ratings.h"
#include "data/yaml.h"
#include "script/expr.h"

#define HEAD "tarmac_ratings: 1\nrecipe: orbit\ncells:\n"

static char *dir, *file; // orbit.yaml in it

static int make_dir(void **state)
{
    (void)state;
    char name[] = "/tmp/tarmac-ratings-XXXXXX";
    assert_non_null(mkdtemp(name));
    dir = xstrdup(name);
    file = xasprintf("%s/orbit.yaml", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    int left = scratch_remove(dir);
    free(file);
    free(dir);
    return left;
}

struct desk {
    struct exprs *exprs;
    struct recipe *recipe;
    struct problems problems;
    struct ratings *ratings;
};

static void open_desk(struct desk *desk, const char *sweep)
{
    *desk = (struct desk){.exprs = exprs_new()};
    problems_init(&desk->problems, file);
    struct recipe_given given = {.exprs = exprs_table(desk->exprs)};
    char *text = xasprintf("tarmac: 1\nname: orbit\n"
                           "request: {prompt: a pier}\nsweep: %s\n",
                           sweep);
    struct value *tree = yaml_read(text, strlen(text), &desk->problems);
    desk->recipe = recipe_read(tree, &given, &desk->problems);
    if (!desk->recipe)
        fail_msg("%s", desk->problems.items[0].text);
    value_free(tree);
    free(text);
}

static void close_desk(struct desk *desk)
{
    ratings_free(desk->ratings);
    recipe_free(desk->recipe);
    exprs_free(desk->exprs);
    problems_free(&desk->problems);
}

static void write_rows(const char *text)
{
    struct err err;
    char *path = xasprintf("%s/orbit.ratings.yaml", dir);
    if (!file_write(path, text, strlen(text), 0644, &err))
        fail_msg("%s", err.text);
    free(path);
}

// The numbers of the cells that `only` leaves, a space behind each; or what is
// wrong; owned.
static char *cells_of(struct desk *desk, const char *only)
{
    struct buf out;
    struct err err;
    struct cell cell;
    bool more;
    struct recipe_choice choice = {.only = only,
                                   .ratings = ratings_table(desk->ratings)};
    buf_init(&out, 1 << 20);
    struct recipe_walk *walk = recipe_walk_new(desk->recipe, &choice, &err);
    if (!walk) {
        buf_printf(&out, "! %s", err.text);
        return buf_take(&out);
    }
    while (recipe_walk_next(walk, &cell, &more, &err) && more) {
        buf_printf(&out, "%d ", (int)cell.index);
        cell_free(&cell);
    }
    recipe_walk_free(walk);
    return buf_take(&out);
}

// Of a recipe that sweeps so, and has these rows beside it.
static void leaves(const char *sweep, const char *rows, const char *only,
                   const char *want)
{
    struct desk desk;
    struct err err;
    struct options options = {.only = only};
    char *text = xasprintf(HEAD "%s", rows);
    open_desk(&desk, sweep);
    write_rows(text);
    assert_true(ratings_read(&options, desk.recipe, file, &desk.ratings,
                             &desk.problems, &err));
    char *cells = cells_of(&desk, only);
    assert_string_equal(cells, want);
    free(cells);
    free(text);
    close_desk(&desk);
}

static void a_row_is_of_the_cells_of_its_axes(void **state)
{
    (void)state;
    static const char grid[] = "{motion.x: [-4, 0.5, 4], seed: [1, 2]}";
    static const char rows[] =
        "- {axes: {motion.x: -4, seed: 1}, rating: 4, verdict: keep}\n"
        "- {axes: {seed: 2, motion.x: 4.0, gone: 7}, rating: 5, note: x}\n"
        "- {axes: {motion.x: 0.5, seed: 1}, rating: 2, verdict: reject}\n"
        "- {axes: {motion.x: 0.5, seed: 3}, rating: 5}\n"
        "- {axes: {motion.z: 1}, rating: 5}\n";
    leaves(grid, rows, "rating >= 4", "1 6 ");
    leaves(grid, rows, "rating == 0", "2 4 5 ");
    leaves(grid, rows, "verdict == 'reject' or verdict == 'keep'", "1 3 ");
    leaves(grid, rows, "verdict == '' and rating > 0", "6 ");
    // An axis that came later: the row is of all its points.
    leaves("{motion.x: [-4, 4], seed: [1, 2], motion.r: [0, 1]}", rows,
           "rating >= 4", "1 2 7 8 ");
    leaves("{motion.z: [0, 1]}", rows, "rating == 5", "2 ");
    leaves("{motion.y: [0, 1]}", rows, "rating == 5",
           "! --only leaves no cell of the 2");
}

static void takes_count_where_the_recipe_has_some(void **state)
{
    (void)state;
    static const char rows[] = "- {axes: {seed: 1}, take: 1, rating: 2}\n"
                               "- {axes: {seed: 1}, take: 2, rating: 4}\n"
                               "- {axes: {seed: 2}, rating: 3}\n";
    leaves("{seed: [1, 2], takes: 2}", rows, "rating >= 3", "2 3 ");
    leaves("{seed: [1, 2]}", rows, "rating >= 4", "1 ");
}

static void a_group_is_known_by_what_it_holds(void **state)
{
    (void)state;
    static const char rows[] =
        "- {axes: {shot: 1, style: day, seed: 1}, rating: 4}\n"
        "- {axes: {shot: 1}, rating: 2}\n";
    leaves("{shot: {zip: {style: [night, day], seed: [2, 1]}}}", rows,
           "rating == 4", "2 ");
    // What the row was of is no longer there, whatever its number.
    leaves("{shot: {zip: {style: [night, dusk], seed: [2, 1]}}}", rows,
           "rating > 0", "1 ");
}

static void a_recipe_s_own_rating_is_meant(void **state)
{
    (void)state;
    leaves("{rating: [3, 4, 5]}\noutputs: {name: \"a${rating}\"}",
           "- {axes: {rating: 3}, rating: 5}\n",
           "rating >= 4 and verdict == ''", "2 3 ");
}

// What is said of `text`, beside the recipe; "" for nothing. Owned.
static char *said_of(const char *text)
{
    struct desk desk;
    struct err err;
    struct buf out;
    struct options options = {.only = "rating > 1"};
    open_desk(&desk, "{seed: [1, 2]}");
    write_rows(text);
    bool ok = ratings_read(&options, desk.recipe, file, &desk.ratings,
                           &desk.problems, &err);
    assert_int_equal(ok, desk.problems.errors == 0);
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < desk.problems.n; i++) {
        const struct problem *p = &desk.problems.items[i];
        buf_printf(&out, "%d:%d %s\n", p->pos.line, p->pos.col, p->text);
        assert_non_null(strstr(problems_file_name(&desk.problems, p->pos),
                               "orbit.ratings.yaml"));
    }
    close_desk(&desk);
    return buf_take(&out);
}

static void all_that_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"tarmac_ratings: 1\n", ""},
        {"tarmac_ratings: 1\ncells:\n", ""},
        {"recipe: x\n", "1:1 these are no ratings: 'tarmac_ratings: 1' is "
                        "missing\n"},
        {"- 1\n", "1:1 these are no ratings: 'tarmac_ratings: 1' is missing\n"},
        {"tarmac_ratings: 2\nnew: 1\n",
         "1:17 ratings of format 2, which a newer tarmac wrote; this one reads "
         "format 1\n"},
        {"tarmac_ratings: one\n",
         "1:17 'tarmac_ratings' takes 1, found \"one\"\n"},
        {"tarmac_ratings: 1\ncells: 4\n",
         "2:8 'cells' takes a list of rated cells, found 4\n"},
        {"tarmac_ratings: 1\nrecipe: pier\n",
         "2:9 these are ratings of pier, not of orbit\n"},
        {HEAD "- {axes: {seed: 1}, rating: 6, take: 0, verdict: yes}\n"
              "- {rating: 1.5}\n"
              "- 7\n",
         "4:50 'verdict' takes \"keep\", \"reject\" or \"\", found \"yes\"\n"},
        {HEAD "- {axes: {seed: 1}, axes: {seed: 2}}\n", "duplicate"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *said = said_of(cases[i].text);
        if (!*cases[i].said)
            assert_string_equal(said, "");
        else if (!strstr(said, cases[i].said))
            fail_msg("%s: %s", cases[i].text, said);
        free(said);
    }
    char *said = said_of(HEAD "- {axes: 1, rating: 6, take: 0, oops: 1}\n"
                              "- {rating: 1.5, verdict: [keep]}\n");
    size_t lines = 0;
    for (const char *at = said; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 7);
    free(said);
}

static void rows_of_all_shapes_are_refused(void **state)
{
    (void)state;
    struct desk desk;
    struct err err;
    struct buf sweep, rows;
    struct options options = {.only = "rating > 1"};
    buf_init(&sweep, 1 << 16);
    buf_init(&rows, 1 << 16);
    buf_str(&rows, HEAD);
    buf_str(&sweep, "{");
    for (int i = 0; i < 17; i++) {
        buf_printf(&sweep, "extra.a%d: [1], ", i);
        buf_printf(&rows, "- {axes: {extra.a%d: 1}, rating: 1}\n", i);
    }
    buf_str(&sweep, "seed: [1]}");
    open_desk(&desk, sweep.data);
    write_rows(rows.data);
    assert_false(ratings_read(&options, desk.recipe, file, &desk.ratings,
                              &desk.problems, &err));
    assert_int_equal(desk.problems.errors, 1);
    close_desk(&desk);
    buf_free(&sweep);
    buf_free(&rows);
}

static void without_a_file(void **state)
{
    (void)state;
    struct desk desk;
    struct err err;
    struct options options = {.only = "prompt == 'rating'"};
    char *other = xasprintf("%s/other.yaml", dir);
    open_desk(&desk, "{seed: [1, 2]}");
    // The word in a string asks for no file.
    assert_true(ratings_read(&options, desk.recipe, other, &desk.ratings,
                             &desk.problems, &err));
    char *cells = cells_of(&desk, "prompt == 'rating'");
    assert_string_equal(cells, "! --only leaves no cell of the 2");
    free(cells);
    cells = cells_of(&desk, "verdict == 'keep'");
    assert_non_null(strstr(cells, "! --only: no ratings: export them"));
    assert_non_null(strstr(cells, "other.ratings.yaml"));
    free(cells);
    free(other);
    options = (struct options){.ratings = "x.yaml"};
    ratings_free(desk.ratings);
    assert_false(ratings_read(&options, desk.recipe, file, &desk.ratings,
                              &desk.problems, &err));
    assert_int_equal(err.kind, ERR_USAGE);
    close_desk(&desk);
}

static void exclude_knows_no_ratings(void **state)
{
    (void)state;
    struct problems problems;
    struct exprs *exprs = exprs_new();
    struct recipe_given given = {.exprs = exprs_table(exprs)};
    static const char text[] =
        "tarmac: 1\nname: r\nrequest: {prompt: a}\n"
        "sweep: {seed: [1, 2], exclude: \"rating > 3\"}\n";
    problems_init(&problems, "r.yaml");
    struct value *tree = yaml_read(text, strlen(text), &problems);
    assert_null(recipe_read(tree, &given, &problems));
    assert_non_null(strstr(problems.items[0].text, "--only knows it"));
    value_free(tree);
    problems_free(&problems);
    exprs_free(exprs);
}

// As many rows as a page can show cells.
static void a_whole_page_of_rows_is_read(void **state)
{
    (void)state;
    struct buf rows;
    buf_init(&rows, 4 << 20);
    for (int i = 1; i <= 20000; i++)
        buf_printf(&rows,
                   "- {name: \"orbit/%d\", axes: {\"seed\": %d, \"motion.x\":"
                   " -4}, take: 1, rating: %d, verdict: \"\", note: \"n\"}\n",
                   i, i, i == 19999 ? 5 : 1);
    assert_false(rows.overflow);
    leaves("{seed: [1, 19999, 20000], motion.x: [-4]}", rows.data,
           "rating == 5", "2 ");
    buf_free(&rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_of_the_cells_of_its_axes),
        cmocka_unit_test(takes_count_where_the_recipe_has_some),
        cmocka_unit_test(a_group_is_known_by_what_it_holds),
        cmocka_unit_test(a_recipe_s_own_rating_is_meant),
        cmocka_unit_test(all_that_is_wrong_is_said),
        cmocka_unit_test(rows_of_all_shapes_are_refused),
        cmocka_unit_test(a_whole_page_of_rows_is_read),
        cmocka_unit_test(without_a_file),
        cmocka_unit_test(exclude_knows_no_ratings),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
