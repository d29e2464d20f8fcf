// run and plan: a loaded recipe to its end.

#pragma once

#include "cli/load.h"
#include "cli/options.h"

// Bring the outputs up to date. Returns the exit code.
int run_loaded(struct loaded *loaded, const struct options *options);

// The same against a dry engine: what would be bought, for how much, under
// which names. Nothing is written or sent.
int plan_loaded(struct loaded *loaded, const struct options *options);
