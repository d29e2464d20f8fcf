// The parameters of a recipe, what -p sets. For recipe.c only.

#pragma once

#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

#define PARAMS_MAX 1000

// Fill `params` from the map `map` (or NULL) and the overrides.
void params_read(struct recipe *recipe, const struct value *map,
                 const struct recipe_param *given, size_t n_given,
                 struct problems *problems);

// Parameters and variables of the sweep must not share a name.
void params_check_axes(const struct recipe *recipe, struct problems *problems);
