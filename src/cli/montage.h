// `tarmac report --montage FILE`: a run as one picture, or one film.

#pragma once

#include "cli/chosen.h"
#include "cli/options.h"

// Of the chosen run. Returns the exit code; all is told.
int montage_make(const struct options *options, const struct chosen *chosen);
