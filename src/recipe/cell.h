// Requests of single cells, for checking them. For this room only.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"
#include "recipe/scope.h"

struct request_check {
    void (*check)(const void *arg, const struct value *request,
                  struct problems *problems);
    const void *arg;
    bool fields; // also vary axes that name a field; else only variables
};

// The cell of `scope`. False with err, and only its index set.
bool cell_make(struct scope *scope, struct cell *cell, struct err *err);

// Check the first cell's request, and for every other point of an axis that the
// request depends on that of the first cell which has it. A position is
// complained of once.
void cells_vary(const struct recipe *recipe, const struct request_check *check,
                struct problems *problems);
