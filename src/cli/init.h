// tarmac init: a recipe to begin with, that an editor knows.

#pragma once

#include "cli/options.h"

int init_command(const struct options *options);
