// What the user asked for: a recipe file, checked and expanded into cells.
// Pure: no files, no clock, no network.
//
//     struct recipe *r = recipe_read(tree, &given, &problems);
//     struct recipe_walk *walk = recipe_walk_new(r, NULL, &err);
//     struct cell cell;
//     while (recipe_walk_next(walk, &cell, &more, &err) && more)
//         { …; cell_free(&cell); }

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/problem.h"
#include "data/value.h"
#include "recipe/fields.h"

#define RECIPE_FORMAT 1
#define RECIPE_CELLS_MAX 10000000u

#define RECIPE_TAKES_MAX 1000

// What an axis sets, point by point.
struct column {
    char *name; // "motion.x", or a variable of its own
    struct pos pos;
    struct value **points; // as many as the axis has
    bool is_field;         // of the request
};

// The first column is called as the axis. Of a zip group it reads 1, 2, …, and
// the others are what moves together; else it is the only one.
struct axis {
    const char *name; // the first column's
    struct pos pos;
    struct column *columns;
    size_t n_columns;
    size_t n;     // points that the grid has
    size_t n_all; // and behind them those that only `include` has
};

struct exclusion {
    int expr; // of recipe_exprs
    struct pos pos;
};

// Which points make cells, and how many.
struct sweep {
    struct pos pos;
    struct exclusion *excluded; // points for which any of them is true
    size_t n_excluded;
    uint64_t sample; // so many points of the grid; 0: all
    int64_t seed;
    struct included { // cells of their own
        struct pos pos;
        size_t *points; // one an axis, their numbers
    } * included;
    size_t n_included;
    int takes;      // of each point; at least 1
    uint64_t grid;  // its points, before any is left out
    uint64_t *kept; // a bit for each that is not; NULL: all are kept
    uint64_t n_kept;
};

#define RETRY_KINDS 4

// What failed is bought again by itself.
struct recipe_retry {
    int count;                      // at most so often a purchase; 0: never
    const char *kinds[RETRY_KINDS]; // static
    size_t n_kinds;                 // 0: every kind of failure
};

struct recipe_limits {
    int in_flight;           // 0: the gateway's
    int64_t budget;          // thousandths of a credit; -1: none
    int64_t timeout_ms;      // a cell's wait; 30 min when not set
    int64_t cell_timeout_ms; // a cell's script, all in all; 0: none
    int64_t run_timeout_ms;  // a run, then it stops; 0: none
    int64_t unknown_wait_ms; // 60 s when not set
    int64_t memory;          // bytes, of a run's scripts; 0: as it is
    int64_t instructions;    // of Lua, a cell; 0: as it is
};

struct recipe {
    char *name;    // [A-Za-z0-9._-]+; the file's name without .yaml if not set
    char *about;   // or NULL
    char *gateway; // "local" if not set
    char *script;  // relative to the recipe's folder, or NULL
    char *route;   // "generate" if not set
    struct pos script_pos, gateway_pos, route_pos;
    struct value *params;   // name -> value, overrides applied
    struct value *request;  // templates still in it
    struct value *gateways; // name -> map as written; NULL when none
    struct axis *axes;      // in the order of the file
    size_t n_axes;
    struct sweep sweep;
    const struct recipe_exprs *exprs; // as given; or NULL
    struct recipe_limits limits;
    struct recipe_retry retry;
    bool embed;     // outputs tell what made them
    char *out_dir;  // "out" if not set
    char *out_name; // template; "${recipe}/" and every axis if not set
    struct pos out_name_pos;
};

struct recipe_param {
    const char *name, *value; // NAME=VALUE; read as the parameter's type
    int file; // where it was said, as problems_file() numbers it; 0: by -p
};

// Lua expressions over a cell, for whoever has Lua.
struct recipe_exprs {
    void *ctx;
    // An expression made ready: an id from 0; -1 with err (its place in the
    // text is in err's words).
    int (*compile)(void *ctx, const char *text, struct err *err);
    // 1, 0, or -1 with err, also where it is neither true nor false; -2 with
    // err where it reads a name that is none: the last that was asked for.
    // `get` gives the value of a name, borrowed until the next call, or NULL:
    // there is none. A name with more below it ("motion") is a map; what is
    // below is asked for by its whole name ("motion.z").
    int (*test)(void *ctx, int expr,
                const struct value *(*get)(void *scope, const char *name),
                void *scope, struct err *err);
};

// Where the names of more cells than memory is for are compared.
struct recipe_names {
    void *ctx;
    // 1: `name` is new, and now `cell`'s; 0: it was there already, `other`'s;
    // -1 with err.
    int (*add)(void *ctx, const char *name, uint64_t cell, uint64_t *other,
               struct err *err);
};

// What comes with a recipe's file. All of it may be left out.
struct recipe_given {
    const struct recipe_param *params;
    size_t n_params;
    const struct recipe_exprs *exprs; // outlives the recipe
    const struct recipe_names *names;
    bool count; // cells are only to be counted: no names are compared
};

// NULL after adding to `problems` (whose `file` is the recipe's path). The tree
// stays the caller's; `given` may be NULL. Also proves that every cell's name
// is safe and, without regard to case, its own.
struct recipe *recipe_read(const struct value *tree,
                           const struct recipe_given *given,
                           struct problems *problems);
void recipe_free(struct recipe *recipe);

// At least 1: the grid's that are left by `exclude` and `sample`, then
// `include`'s; each with its takes.
uint64_t recipe_cells(const struct recipe *recipe);

struct cell {
    uint64_t index;        // from 1, of all cells of the recipe
    int take;              // from 1
    char *name;            // output name without extension, below out_dir
    struct value *axes;    // axis -> value, in order; also the columns of zip
                           // groups, behind the group's own number
    struct value *vars;    // what Lua sees as `cell`: index, name, take, every
                           // axis, every param, every request field ("motion"
                           // as a map; an axis "motion.x" also inside it)
    struct value *request; // neutral, resolved
};

// Cell number `i`, from 0. False only when a template cannot be resolved.
bool recipe_cell(const struct recipe *recipe, uint64_t i, struct cell *cell,
                 struct err *err);
void cell_free(struct cell *cell);

// What people think of clips: `rating` and `verdict`, which a recipe does not
// say, and what it makes does not depend on.
struct recipe_ratings {
    const void *ctx;
    // That of take `take` of the point that is made of point points[i] of axis
    // i; borrowed until the next call. `name` is one of the two.
    const struct value *(*get)(const void *ctx, const char *name,
                               const size_t *points, int take);
    const char *none; // instead: why there are none
};

// Some of the cells.
struct recipe_choice {
    const char *only; // an expression, which knows `take` and `index`, too; or
                      // NULL
    uint64_t first;   // no more than so many; 0: all
    const struct recipe_ratings *ratings; // that `only` knows; or NULL
};

bool recipe_is_of_ratings(const char *name); // "rating" or "verdict"

// The cells in order, one at a time. `choice` NULL: all. NULL with err, an
// ERR_USAGE, when `only` is no expression or leaves no cell. The recipe
// outlives it.
struct recipe_walk *recipe_walk_new(const struct recipe *recipe,
                                    const struct recipe_choice *choice,
                                    struct err *err);
// Pass over so many cells, at most those that are left.
void recipe_walk_skip(struct recipe_walk *walk, uint64_t n);
// The same cells, from the first one on.
struct recipe_walk *recipe_walk_again(const struct recipe_walk *walk);
void recipe_walk_free(struct recipe_walk *walk);            // NULL is fine
uint64_t recipe_walk_cells(const struct recipe_walk *walk); // that it gives
// The next cell, for cell_free(); `more` false: there is none. False when it
// cannot be made: then cell->index alone is set, and the walk goes on after it.
bool recipe_walk_next(struct recipe_walk *walk, struct cell *cell, bool *more,
                      struct err *err);

// Every request that the sweep can make, against a dialect's table: each point
// of an axis is checked once, in the first cell that has it, not every cell.
void recipe_check(const struct recipe *recipe, const struct field_table *table,
                  struct problems *problems);

// The same for what recipe_read() refused, so that all is said at once: plain
// values of the request and of lists of points, as far as they are not
// complained of already.
void recipe_check_tree(const struct value *tree,
                       const struct field_table *table,
                       struct problems *problems);

// `over` laid over `base`, as generate{} does: fields replace, "motion" and
// "extra" by component, a null removes. Owned.
struct value *request_merge(const struct value *base, const struct value *over);
