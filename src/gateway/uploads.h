// Files that clients send ahead, to be named in requests: a place is given out,
// then filled once, and gone after 24 hours. On disk below <data>/uploads/,
// named by tokens alone: "<token>" is a place that waits, "<token>.png" one
// that is filled; its ending says what its first bytes are.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/token.h"
#include "loop/loop.h"

#define UPLOADS_FILE_MAX (64u << 20)
#define UPLOADS_FOLDER "/uploads/" // of their URLs

struct uploads;

// Removes what is too old, now and every hour. `dir` is made.
struct uploads *uploads_open(struct loop *loop, const char *dir,
                             const struct clock *clock, struct err *err);
void uploads_free(struct uploads *uploads); // NULL is fine

// The token in "runway://upload/<token>", or in a URL that ends in
// "/uploads/<token>"; borrowed, NULL where there is none.
const char *uploads_token_of(const char *uri);

// A new place that waits to be filled.
bool uploads_new(struct uploads *uploads, char token[TOKEN_HEX],
                 struct err *err);
enum uploads_state {
    UPLOADS_UNKNOWN, // never given out, or too old
    UPLOADS_EMPTY,
    UPLOADS_FILLED,
};
enum uploads_state uploads_state(const struct uploads *uploads,
                                 const char *token);

// The MIME type that the bytes have, of those that are taken; NULL: none.
const char *uploads_type(const void *bytes, size_t len);

// Fill a place; blocking, for a thread. All but `uploads` is read only.
bool uploads_fill(const struct uploads *uploads, const char *token,
                  const void *bytes, size_t len, struct err *err);

// The file of a filled place that `uri` names (see uploads_token_of()). False:
// there is none. *path is owned.
bool uploads_find(const struct uploads *uploads, const char *uri, char **path);
const char *uploads_type_of(const char *path); // of such a file
