// What editors say of a key when it is pointed at. For schema.c only.

#pragma once

#include <stddef.h>

struct schema_word {
    const char *path; // "limits.budget"; "*" for a name of the user's
    const char *text;
};

extern const struct schema_word schema_words[];
extern const size_t schema_n_words;

// NULL when there are none.
const char *schema_words_of(const char *path);
