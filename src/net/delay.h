// How long a service asks to be left alone.

#pragma once

#include <stdint.h>

// Milliseconds of a Retry-After header: seconds, or an HTTP date, which is read
// against the answer's own `date` header where it has one (the two clocks may
// differ), else against `wall_ms`. At most a year; a date in the past is 0.
// -1: NULL, or neither.
int64_t net_retry_after(const char *text, const char *date, int64_t wall_ms);
