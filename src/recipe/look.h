// Expressions over one cell. For this room only.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "recipe/scope.h"

// 1 or 0; -1 with err, which names the nearest name for one that is unknown.
// `choice`: of cells that have their number and take, which the expression may
// read, as it may the ratings; NULL: of points.
int scope_test(struct scope *scope, int expr,
               const struct recipe_choice *choice, struct err *err);
