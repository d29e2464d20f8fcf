// What every file of this room needs from libav.

#pragma once

#include <stdbool.h>

#include "base/err.h"

// From now on libav writes nothing to stderr, and takes no huge piece of memory
// at once. Cheap; from any thread.
void av_tame(void);

// Fill `err` with "what: <libav's words for code>"; always false.
bool av_err(struct err *err, enum err_kind kind, const char *what, int code);
