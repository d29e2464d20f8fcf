// A recipe looked at in a browser while it runs: as many rounds of it as the
// page asks for, each a run like any other. Between them nothing is held, and
// other commands go on as if nobody looked.

#pragma once

#include "cli/load.h"
#include "cli/options.h"

// run --ui: the first round begins at once. Both return the exit code of the
// last round, once somebody has ended the session.
int session_running(struct loaded *loaded, const struct options *options);
// ui RECIPE: nothing is bought until the page says so.
int session_waiting(struct loaded *loaded, const struct options *options);
