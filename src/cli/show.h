// `tarmac show`: everything that is known of one purchase.

#pragma once

#include "cli/options.h"

int show_command(const struct options *options);
