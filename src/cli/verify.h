// tarmac verify: every clip, and every output, against what was recorded.

#pragma once

#include "cli/options.h"

int verify_command(const struct options *options);
