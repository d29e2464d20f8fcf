// The built-in service as one process: what it keeps, where it listens, and
// when it ends.

#pragma once

#include "base/err.h"
#include "gateway/options.h"

// Serve until a signal comes, or until nobody uses us any more. False when it
// could not begin.
bool service_run(const struct gateway_options *options, struct err *err);
