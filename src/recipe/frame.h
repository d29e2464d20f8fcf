// What a request names of a delivered clip. Where a picture is wanted, a frame:
// {"frame": "first" | "last" | seconds, "of": the purchase's fingerprint in
// hex, "file": which of its files, from 1; left out: the first}. Where a film
// is wanted, the clip itself: {"clip": the purchase's fingerprint, "file": n}.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"

// False when `v`, for a field that takes a file, means neither. One that is not
// well formed, or not what the field takes, is a problem.
bool frame_check(const char *field, const struct value *v, struct problems *p);
