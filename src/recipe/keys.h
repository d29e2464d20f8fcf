// Maps with a fixed set of keys: what each may hold, and how to say it when it
// holds something else. Used for the recipe's sections and for gateways.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/problem.h"
#include "data/value.h"

enum key_type {
    KEY_TEXT,
    KEY_BOOL,
    KEY_COUNT,    // whole number, 1 to 10000
    KEY_CREDITS,  // number from 0, at most three decimals
    KEY_DURATION, // "90s", or a number of seconds
    KEY_SIZE,     // "512MB", or a number of bytes
    KEY_STEPS,    // whole number, 10^6 to 10^11
    KEY_NUMBER,
    KEY_MAP, // an empty value is an empty map
    KEY_ANY, // checked elsewhere
};

struct key {
    const char *name;
    enum key_type type;
};

struct key_set {
    const char *where; // for messages: " in limits"; "" at the top
    const struct key *keys;
    size_t n;
    char *(*hint)(const char *name); // of an unknown key, owned, instead of the
                                     // nearest; may be or give NULL
    const char *secret; // said of an unknown key that looks like one; or NULL
};

// Unknown keys and wrong types are problems at their positions. False, with a
// problem, when `map` is not a map.
bool keys_check(const struct value *map, const struct key_set *set,
                struct problems *problems);

// The member `name`, NULL when it is missing or null.
const struct value *key_get(const struct value *map, const char *name);

// Thousandths of a credit, exactly. False for less than 0, more than three
// decimals, or beyond 10^12 credits.
bool key_credits(const struct value *v, int64_t *thousandths);

// Milliseconds, up to a year. False for anything but a duration.
bool key_duration(const struct value *v, int64_t *ms);

// Bytes, 16 MB to 64 GB, of "512MB", "1GB" (a KB is 1024 bytes) or a number.
bool key_size(const struct value *v, int64_t *bytes);

// Instructions: 10^6 to 10^11, a whole number, also as 2e9.
bool key_steps(const struct value *v, int64_t *steps);

// A value for a message: `"text"`, `5`, `a list`; printable, short, owned.
char *key_shown(const struct value *v);
// A name for a message, the same way; owned.
char *key_printable(const char *name);

// " (did you mean 'x'?)", or the accepted names when none is near; owned.
char *key_hint(const char *word, const char *const *names, size_t n);

// [A-Za-z0-9._-]+ not beginning with a dot, at most 100 bytes.
bool key_is_name(const char *s);
// [A-Za-z_][A-Za-z0-9_]*, at most 100 bytes.
bool key_is_word(const char *s);
