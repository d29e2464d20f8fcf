// How many columns a text takes on a terminal. Pure.

#pragma once

#include <stddef.h>

// Of one character, whose length in bytes is put into `len`. A byte that is not
// UTF-8 takes one. Where terminals differ it is the larger number, so that no
// line is ever wider than it was counted.
int columns_next(const char *s, size_t *len);

int columns_of(const char *s);
// The same of a line in which colours are set, which take no room.
int columns_shown(const char *s);

// How many lines a terminal of `columns` shows `text` on, whose lines each end
// by "\n": a line that is too wide wraps. What only sets colours takes no room.
int columns_lines(const char *text, int columns);
