// plan --count: how many cells there are, and nothing else.

#pragma once

#include "cli/load.h"
#include "cli/options.h"

int count_loaded(struct loaded *loaded, const struct options *options);
