// tarmac prune: what could go, never an only copy.

#pragma once

#include "cli/options.h"

int prune_command(const struct options *options);
