// tarmac test: what the tests beside a recipe say of it.

#pragma once

#include "cli/options.h"

int test_command(const struct options *options);
