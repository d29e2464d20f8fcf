// `tarmac status`: what the ledger says, without network, key or lock.

#pragma once

#include "cli/options.h"

int status_command(const struct options *options);
