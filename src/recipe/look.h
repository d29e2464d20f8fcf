// Expressions over one cell. For this room only.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "recipe/scope.h"

// 1 or 0; -1 with err, which names the nearest name for one that is unknown.
// `counted`: the cell has its number and take, which the expression may read.
int scope_test(struct scope *scope, int expr, bool counted, struct err *err);
