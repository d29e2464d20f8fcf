// The variables that a recipe's templates may use. For recipe.c only.

#pragma once

#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

#define VARIABLES_MAX 4000

// Unknown variables in the request and in `name` (outputs.name as a value) are
// problems. What `tree` calls a parameter or an axis is known, even when it is
// wrong itself. False when there were problems.
bool variables_check(const struct recipe *recipe, const struct value *tree,
                     const struct value *name, struct problems *problems);

// Fields that refer to themselves, and what else cannot be put together in the
// first cell. After variables_check() found nothing.
void variables_check_fields(const struct recipe *recipe,
                            struct problems *problems);

// " (did you mean 'x'?)" for a name that an expression does not find, or "";
// owned.
char *variables_hint(const struct recipe *recipe, const char *name);
