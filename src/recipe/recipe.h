// What the user asked for: a recipe file, checked and expanded into cells.
// Pure: no files, no clock, no network.
//
//     struct recipe *r = recipe_read(tree, "orbit.yaml", NULL, 0, &problems);
//     for (uint64_t i = 0; i < recipe_cells(r); i++) {
//         struct cell cell;
//         if (recipe_cell(r, i, &cell, &err)) { …; cell_free(&cell); }
//     }

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

struct axis {
    char *name; // "motion.x", or a variable of its own
    struct pos pos;
    struct value **points;
    size_t n;
    bool is_field; // of the request
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
    struct recipe_limits limits;
    struct recipe_retry retry;
    char *out_dir;  // "out" if not set
    char *out_name; // template; "${recipe}/" and every axis if not set
    struct pos out_name_pos;
};

struct recipe_param {
    const char *name, *value; // -p NAME=VALUE; read as a YAML scalar
};

// NULL after adding to `problems` (whose `file` is the recipe's path). The tree
// stays the caller's. Also proves that every cell's name is safe and, without
// regard to case, its own.
struct recipe *recipe_read(const struct value *tree,
                           const struct recipe_param *params, size_t n_params,
                           struct problems *problems);
void recipe_free(struct recipe *recipe);

uint64_t recipe_cells(const struct recipe *recipe); // at least 1

struct cell {
    uint64_t index;        // from 1
    int take;              // 1
    char *name;            // output name without extension, below out_dir
    struct value *axes;    // axis -> value, in order
    struct value *vars;    // what Lua sees as `cell`: index, name, take, every
                           // axis, every param, every request field ("motion"
                           // as a map; an axis "motion.x" also inside it)
    struct value *request; // neutral, resolved
};

// Cell number `i`, from 0. False only when a template cannot be resolved.
bool recipe_cell(const struct recipe *recipe, uint64_t i, struct cell *cell,
                 struct err *err);
void cell_free(struct cell *cell);

// Every request that the sweep can make, against a dialect's table: each axis'
// points are checked once with the other axes at their first, not every cell.
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
