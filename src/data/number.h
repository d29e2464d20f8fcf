// Numbers as text, whatever the locale.

#pragma once

#include <stdbool.h>

// The shortest decimal text that reads back as `x`: integral ones without a
// point or exponent up to 2^53, others like "0.1" or "1e-7"; -0 as "0". `x` is
// finite.
#define NUMBER_TEXT 40
void number_text(double x, char out[NUMBER_TEXT]);

// All of `s` as a decimal number. False when it is not one or when it is too
// large.
bool number_read(const char *s, double *x);
