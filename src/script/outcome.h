// What became of a cell: there is none of it while the cell waits.

#pragma once

#include <stddef.h>

#include "base/err.h"
#include "data/value.h"
#include "script/placing.h"

struct outcome {
    struct cell_output *outputs;
    size_t n;
    struct purchase **purchases; // kept
    size_t n_purchases;
    char *kind, *message, *task_id, *traceback;
    struct value *rows; // that its script collected; or NULL
    enum err_kind err;
};

// Lets go of its purchases; NULL is fine.
void outcome_free(struct outcome *came);
