// Recipes from text, for the tests of this room.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/json.h"
#include "data/yaml.h"
#include "recipe/recipe.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "tarmac: 1\n"

struct reading {
    struct problems problems;
    struct recipe *recipe; // NULL: there were problems
};

// `text` as the file "r.yaml", with all that may come with it.
static inline struct reading reading_given(const char *text,
                                           const struct recipe_given *given)
{
    struct reading r = {0};
    problems_init(&r.problems, "r.yaml");
    struct value *tree = yaml_read(text, strlen(text), &r.problems);
    if (tree)
        r.recipe = recipe_read(tree, given, &r.problems);
    value_free(tree);
    assert_int_equal(r.recipe == NULL, r.problems.errors > 0);
    return r;
}

// The same; `params` are NAME, VALUE, …, NULL, or NULL.
static inline struct reading reading_of(const char *text,
                                        const char *const *params)
{
    struct recipe_param set[8];
    struct recipe_given given = {.params = set};
    for (size_t n = 0; params && params[2 * n]; n = ++given.n_params)
        set[n] = (struct recipe_param){params[2 * n], params[2 * n + 1]};
    return reading_given(text, &given);
}

// A recipe that has no problems.
static inline struct reading reading_good(const char *text)
{
    struct reading r = reading_of(text, NULL);
    if (!r.recipe)
        fail_msg("%s", r.problems.n ? r.problems.items[0].text : "refused");
    return r;
}

static inline void reading_free(struct reading *r)
{
    recipe_free(r->recipe);
    problems_free(&r->problems);
}

// "line:col text", a line each, by position; warnings as "line:col ? text".
static inline char *reading_said(const struct problems *problems)
{
    struct buf all, out;
    buf_init(&all, 1 << 20);
    buf_init(&out, 1 << 20);
    problems_write(problems, &all);
    size_t file = strlen(problems->file) + 1;
    for (char *line = all.data, *end; (end = strchr(line, '\n'));
         line = end + 1) {
        *end = '\0';
        char *what = strstr(line, ": error: ");
        char *warning = strstr(line, ": warning: ");
        bool warns = warning && (!what || warning < what);
        char *mark = warns ? warning : what;
        size_t at = mark > line + file ? (size_t)(mark - line) - file : 0;
        buf_add(&out, line + file, at);
        buf_str(&out, warns ? " ? " : " ");
        buf_str(&out, mark + strlen(warns ? ": warning: " : ": error: "));
        buf_byte(&out, '\n');
    }
    buf_free(&all);
    return buf_take(&out);
}

static inline void reading_says(const char *text, const char *want)
{
    struct reading r = reading_of(text, NULL);
    char *said = reading_said(&r.problems);
    assert_string_equal(said, want);
    free(said);
    reading_free(&r);
}

// Cell `i`, from 0: its request, or what Lua sees, as JSON; owned.
static inline char *reading_cell(const struct recipe *recipe, uint64_t i,
                                 bool vars)
{
    struct cell cell;
    struct err err = {0};
    if (!recipe_cell(recipe, i, &cell, &err))
        fail_msg("%s", err.text);
    char *text = json_text(vars ? cell.vars : cell.request);
    cell_free(&cell);
    return text;
}

static inline void reading_named(const struct recipe *recipe, uint64_t i,
                                 const char *want)
{
    struct cell cell;
    struct err err = {0};
    if (!recipe_cell(recipe, i, &cell, &err))
        fail_msg("%s", err.text);
    assert_string_equal(cell.name, want);
    assert_true(cell.index == i + 1);
    cell_free(&cell);
}
