// The names of outputs: safe on every file system, each cell's its own. For
// this room only.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"
#include "recipe/scope.h"
#include "recipe/template.h"

#define NAME_PART_MAX 60       // bytes of one substituted value
#define NAME_COMPONENT_MAX 200 // leaves room for suffixes in 255
#define NAME_TOTAL_MAX 1000
#define NAME_CELLS_MAX 100000 // names of so many cells are compared

// A value as part of a name; never empty; owned.
char *name_safe(const char *text);

// `name` without regard to case, for comparing; owned.
char *name_fold(const char *name);

// Why `name` is not a relative path that works everywhere; NULL when it is.
const char *name_fault(const char *name);

// The name of a cell, checked; owned.
char *name_build(const struct template_parts *parts, struct scope *scope,
                 struct err *err);

// Every cell's name is safe and its own, or there is a problem. Where they are
// too many to compare, and the template does not prove it, `names` compares
// them; NULL: nobody does.
void names_check(const struct recipe *recipe, const struct recipe_names *names,
                 struct problems *problems);

// "${recipe}/", every axis, and the take where there are several; owned.
char *name_default(const struct recipe *recipe);
