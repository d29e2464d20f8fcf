// A frame of a delivered clip, as a request names it: {"frame": "first" |
// "last" | seconds, "of": the purchase's fingerprint in hex, "file": which of
// its files, from 1; left out: the first}.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"

// False when `v` does not mean a frame, or `field` takes no picture. One that
// is not well formed is a problem.
bool frame_check(const char *field, const struct value *v, struct problems *p);
