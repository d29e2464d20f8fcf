// Small questions about text.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The character that `s` begins with: its length in bytes, 0 when there is none
// (nothing left, or not valid UTF-8). `code` may be NULL.
size_t text_utf8(const char *s, size_t len, uint32_t *code);

bool text_is_utf8(const char *s, size_t len); // NUL bytes are not accepted
bool text_starts(const char *s, const char *prefix);
// The length of `s` before its ending `end`; 0 where it does not end so, or has
// nothing before it.
size_t text_stem(const char *s, const char *end);

// Of `n` names the one that `word` was probably meant to be, or NULL when none
// is near. Letter case does not count. Borrowed from `names`.
const char *text_nearest(const char *word, const char *const *names, size_t n);

// "250ms" "30s" "1.5m" "2h" -> milliseconds, rounded. False for anything else.
bool text_duration(const char *s, int64_t *ms);

// The largest length of at most `max` that does not split a character of `s`,
// which has at least `max` bytes before its NUL.
size_t text_cut(const char *s, size_t max);

// `s` for printing what came from outside: '?' for every control character,
// byte that is not UTF-8, and mark that reorders text; cut to `max` bytes at a
// character boundary; owned.
char *text_printable(const char *s, size_t len, size_t max);
