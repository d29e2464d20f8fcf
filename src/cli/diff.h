// tarmac diff: how two locks or runs differ.

#pragma once

#include "cli/options.h"

int diff_command(const struct options *options);
