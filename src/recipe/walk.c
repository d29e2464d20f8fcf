// The cells in order, none of them held.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recipe/cell.h"
#include "recipe/look.h"
#include "recipe/scope.h"

struct recipe_walk {
    const struct recipe *recipe;
    uint64_t *wanted; // a bit for each cell that `only` gives; NULL: all
    struct scope scope;
    struct spot spot;     // of the next cell, or before it
    uint64_t left, cells; // to give
};

uint64_t recipe_cells(const struct recipe *recipe)
{
    const struct sweep *sweep = &recipe->sweep;
    return (sweep->n_kept + sweep->n_included) * (uint64_t)sweep->takes;
}

static bool is_wanted(const struct recipe_walk *walk)
{
    uint64_t i = walk->spot.index;
    return !walk->wanted || (walk->wanted[i / 64] >> (i % 64) & 1);
}

static void rewind_walk(struct recipe_walk *walk)
{
    walk->spot = spot_of(walk->recipe, 0);
}

// The cell that the walk is at; false with err.
static bool test_cell(struct recipe_walk *walk, int only,
                      const struct recipe_choice *choice, struct err *err)
{
    uint64_t i = walk->spot.index;
    struct err plain = {0};
    scope_move(&walk->scope, &walk->spot);
    int answer = scope_test(&walk->scope, only, choice, &plain);
    if (answer > 0) {
        walk->wanted[i / 64] |= UINT64_C(1) << (i % 64);
        walk->cells++;
    }
    if (answer >= 0)
        return true;
    if (plain.kind == ERR_USAGE) // no cell's fault
        return err_set(err, ERR_USAGE, "--only: %s", plain.text);
    char *point = scope_text(&walk->scope);
    err_set(err, ERR_USAGE, "--only: %s (cell %" PRIu64 "%s%s)", plain.text,
            i + 1, *point ? ", where " : "", point);
    free(point);
    return false;
}

// Every cell is tested once, so that all that can go wrong does at the
// beginning.
static bool test_cells(struct recipe_walk *walk, int only,
                       const struct recipe_choice *choice, struct err *err)
{
    uint64_t cells = recipe_cells(walk->recipe);
    bool ok, more = true;
    walk->wanted = xcalloc((size_t)(cells / 64 + 1), sizeof(*walk->wanted));
    do {
        ok = test_cell(walk, only, choice, err);
        more = ok && spot_next(walk->recipe, &walk->spot);
    } while (more);
    return ok && (walk->cells > 0 ||
                  err_set(err, ERR_USAGE,
                          "--only leaves no cell of the %" PRIu64, cells));
}

static bool choose(struct recipe_walk *walk, const struct recipe_choice *choice,
                   struct err *err)
{
    const char *only = choice ? choice->only : NULL;
    const struct recipe_exprs *exprs = walk->recipe->exprs;
    struct err plain = {0};
    int expr = -1;
    if (!only) {
        walk->cells = recipe_cells(walk->recipe);
        return true;
    }
    if (exprs)
        expr = exprs->compile(exprs->ctx, only, &plain);
    else
        err_set(&plain, ERR_USAGE, "there is no Lua here");
    if (expr < 0)
        return err_set(err, ERR_USAGE, "--only: %s", plain.text);
    return test_cells(walk, expr, choice, err);
}

struct recipe_walk *recipe_walk_new(const struct recipe *recipe,
                                    const struct recipe_choice *choice,
                                    struct err *err)
{
    struct recipe_walk *walk = xcalloc(1, sizeof(*walk));
    walk->recipe = recipe;
    rewind_walk(walk);
    scope_init(&walk->scope, recipe, &walk->spot);
    if (!choose(walk, choice, err)) {
        recipe_walk_free(walk);
        return NULL;
    }
    if (choice && choice->first && choice->first < walk->cells)
        walk->cells = choice->first;
    walk->left = walk->cells;
    rewind_walk(walk);
    return walk;
}

struct recipe_walk *recipe_walk_again(const struct recipe_walk *walk)
{
    struct recipe_walk *again = xcalloc(1, sizeof(*again));
    size_t words = (size_t)(recipe_cells(walk->recipe) / 64 + 1);
    again->recipe = walk->recipe;
    again->left = again->cells = walk->cells;
    if (walk->wanted) {
        again->wanted = xcalloc(words, sizeof(*again->wanted));
        memcpy(again->wanted, walk->wanted, words * sizeof(*again->wanted));
    }
    rewind_walk(again);
    scope_init(&again->scope, again->recipe, &again->spot);
    return again;
}

void recipe_walk_free(struct recipe_walk *walk)
{
    if (!walk)
        return;
    scope_free(&walk->scope);
    free(walk->wanted);
    free(walk);
}

uint64_t recipe_walk_cells(const struct recipe_walk *walk)
{
    return walk->cells;
}

static void find_wanted(struct recipe_walk *walk)
{
    while (!is_wanted(walk))
        spot_next(walk->recipe, &walk->spot);
}

bool recipe_walk_next(struct recipe_walk *walk, struct cell *cell, bool *more,
                      struct err *err)
{
    *cell = (struct cell){0};
    *more = walk->left > 0;
    if (!*more)
        return true;
    find_wanted(walk);
    scope_move(&walk->scope, &walk->spot);
    bool ok = cell_make(&walk->scope, cell, err);
    spot_next(walk->recipe, &walk->spot);
    walk->left--;
    return ok;
}

void recipe_walk_skip(struct recipe_walk *walk, uint64_t n)
{
    for (; n > 0 && walk->left > 0; n--, walk->left--) {
        find_wanted(walk);
        spot_next(walk->recipe, &walk->spot);
    }
}

bool recipe_cell(const struct recipe *recipe, uint64_t i, struct cell *cell,
                 struct err *err)
{
    *cell = (struct cell){.index = i + 1};
    if (i >= recipe_cells(recipe))
        return err_set(err, ERR_DEFECT, "there is no cell %" PRIu64, i + 1);
    struct scope scope;
    struct spot spot = spot_of(recipe, i);
    scope_init(&scope, recipe, &spot);
    bool ok = cell_make(&scope, cell, err);
    scope_free(&scope);
    return ok;
}
