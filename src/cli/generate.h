// tarmac generate: one clip, without a recipe.

#pragma once

#include "cli/options.h"

int generate_command(const struct options *options);
