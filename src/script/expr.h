// Lua expressions over a cell: what `exclude` and --only are written in. They
// read the cell's names, `math`, `string` and a few functions more, and can
// change nothing. One machine for all, made when the first is compiled.
//
//     struct exprs *exprs = exprs_new();
//     struct recipe_given given = {.exprs = exprs_table(exprs)};

#pragma once

#include "recipe/recipe.h"

struct exprs *exprs_new(void);
void exprs_free(struct exprs *exprs); // NULL is fine
// Lives as long as `exprs`.
const struct recipe_exprs *exprs_table(const struct exprs *exprs);
