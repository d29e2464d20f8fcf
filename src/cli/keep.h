// The results that scripts collected, as files.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/state.h"
#include "recipe/recipe.h"
#include "report/results.h"

// Make the folder `below` the state's root, where no symbolic link is on the
// way: outputs do not follow one either.
bool keep_folder(const struct state *state, const char *below, struct err *err);

// Write results.csv and results.json into the recipe's folder of outputs, each
// whole or not at all, and say so in one line, or as a JSON event. Nothing for
// no rows. False with `err`; what was there before is then still there.
bool keep_results(struct results *results, const struct recipe *recipe,
                  const struct state *state, bool json, struct err *err);
