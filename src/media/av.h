// What every file of this room needs from libav.

#pragma once

#include <stdbool.h>

#include "base/err.h"

// libav writes nothing to stderr from now on. Cheap; from any thread.
void av_quiet(void);

// Fill `err` with "what: <libav's words for code>"; always false.
bool av_err(struct err *err, enum err_kind kind, const char *what, int code);
