// tarmac-media, asked something that it answers at once, on stdout.

#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"

#define MEDIA_SAID_MAX 4096

// `argv`: the program first, NULL-ended. `said` (its lines, with ", " between
// them) and `code`, its exit code, are filled when it has ended by itself
// within 10 s; else false with `err`. Runs the loop.
bool media_ask(struct loop *loop, const char *const *argv, struct buf *said,
               int *code, struct err *err);
