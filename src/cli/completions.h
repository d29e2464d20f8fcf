// tarmac completions: what there is to type, for a shell.

#pragma once

#include "cli/options.h"

int completions_command(const struct options *options);
