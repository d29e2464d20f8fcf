// The body of a reverse submit, as its route's schema and the profile read it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/value.h"
#include "gateway/reverse_order.h"
#include "gateway/wire.h"

struct reverse_body {
    const struct value *schemas;
    const struct value *route; // its row of the table
    const struct value *rules; // the profile's of this route, or NULL
    struct value *fields;      // what was sent, put right; owned
};

// False with `why`. `out` is the caller's to clear in any case.
bool reverse_body_read(const struct wire *wire, const char *profile,
                       const char *route, const char *text, size_t len,
                       struct reverse_body *out, struct reverse_refusal *why);
void reverse_body_clear(struct reverse_body *body);

// A field ("options.seconds"), or its default; NULL: neither.
const struct value *reverse_field(const struct reverse_body *body,
                                  const char *path);
// The same without its default: what the client said.
const struct value *reverse_said(const struct reverse_body *body,
                                 const char *path);

// The examples of the pages have these where a client has something to say.
bool reverse_placeholder(const struct value *v);

// "field: accepted, found …", as invalid_request; `found` NULL: required.
// Always false.
bool reverse_refuse(struct reverse_refusal *why, const char *field,
                    const char *accepted, const struct value *found);
// The same, with what the schema of the field says it accepts.
bool reverse_refuse_field(const struct reverse_body *body,
                          struct reverse_refusal *why, const char *field,
                          const struct value *found);
// Any code, any line.
bool reverse_refusal(struct reverse_refusal *why, const char *code,
                     const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
