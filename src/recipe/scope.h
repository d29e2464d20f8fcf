// What "${…}" means in one cell: the variables, and the request's fields, which
// may refer to each other. For this room only.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/value.h"
#include "recipe/recipe.h"
#include "recipe/sweep.h"

#define SCOPE_DEPTH_MAX 32          // fields that refer to fields
#define SCOPE_BYTES_MAX (64u << 20) // that substitution may put together

// Where a cell stands.
struct spot {
    uint64_t index;  // from 0, of all cells
    uint64_t number; // of its point, from 0: the grid's, then `include`'s
    int take;        // from 1
};

struct scope {
    const struct recipe *recipe;
    struct spot spot;
    size_t picks[SWEEP_AXES_MAX];
    struct value name, index, take; // ${recipe} ${index} ${take}
    struct scope_done {
        const struct value *raw;
        struct value *value;
    } * done; // fields resolved so far
    size_t n_done;
    const struct value *chain[SCOPE_DEPTH_MAX]; // being resolved
    size_t depth;
    size_t bytes;
    bool failed;
    struct err err;           // the first failure below a variable
    const struct value *loop; // the field that refers to itself, or NULL
};

// Cell number `i`, from 0. Only where that many are there.
struct spot spot_of(const struct recipe *recipe, uint64_t i);
// The cell after it; false: it was the last one.
bool spot_next(const struct recipe *recipe, struct spot *spot);

void scope_init(struct scope *scope, const struct recipe *recipe,
                const struct spot *spot);
// The same scope for another cell.
void scope_move(struct scope *scope, const struct spot *spot);
void scope_free(struct scope *scope);

// The point of a column of axis `i` in this cell.
const struct value *scope_point(const struct scope *scope, size_t i,
                                const struct column *column);

// "motion.x=-4 motion.r=6"; owned.
char *scope_text(const struct scope *scope);

// A variable, as template_vars has it: an axis, a parameter, a field of the
// request, or one of recipe, index and take.
const struct value *scope_get(void *scope, const char *name);

// A part of the request, resolved; owned.
struct value *scope_apply(struct scope *scope, const struct value *raw,
                          struct err *err);
