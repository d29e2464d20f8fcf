// tarmac run --from CLIP: make it again from what it tells of itself.

#pragma once

#include "cli/options.h"

int from_command(const struct options *options);
