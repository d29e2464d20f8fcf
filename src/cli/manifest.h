// manifest.json beside a run's outputs: gathered on the disk while cells end,
// in whatever order, and written at the end in theirs.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/state.h"
#include "script/cells.h"

struct manifest;

// What goes wrong meanwhile is told at the end, by manifest_write().
struct manifest *manifest_new(const struct state *state);
void manifest_free(struct manifest *manifest); // NULL is fine
void manifest_add(struct manifest *manifest, const struct cell_report *report);

// Write it into the recipe's folder of outputs, whole or not at all; what is
// there stays when nothing but the run differs. Nothing for no cells. False
// with `err`.
bool manifest_write(struct manifest *manifest, const struct loaded *loaded,
                    const struct options *options, const struct state *state,
                    const char *run, struct err *err);
