// tarmac settle: purchases that nobody told us whether they were made.

#pragma once

#include "cli/options.h"

int settle_command(const struct options *options);
