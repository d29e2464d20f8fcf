// What verify and prune share.

#pragma once

#include "base/err.h"
#include "cli/state.h"

// The lock for what may be done only while no run is alive, in *fd, the
// caller's to close. False with `err`, which says who is in the way of `what`.
bool upkeep_begin(const struct state *state, const char *what, int *fd,
                  struct err *err);
// A path below the state's root, as a person finds it; owned.
char *upkeep_shown(const struct state *state, const char *path);
