// tarmac log: what happened, the newest first.

#pragma once

#include "cli/options.h"

int log_command(const struct options *options);
