// The sweep of a recipe: its axes and their points. For recipe.c only.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

#define SWEEP_AXES_MAX 64
#define SWEEP_POINTS_MAX 100000

// Fill `axes` and `n_axes` from the map `sweep`; problems at their positions.
void sweep_read(struct recipe *recipe, const struct value *sweep,
                struct problems *problems);

// Axes that change nothing: a name near a field's is a problem, any other a
// warning. `name` is outputs.name as the recipe has it, or NULL.
void sweep_check_use(const struct recipe *recipe, const struct value *name,
                     struct problems *problems);

// Names that a variable may not have.
bool sweep_is_reserved(const char *name);

void axis_free(struct axis *axis);
