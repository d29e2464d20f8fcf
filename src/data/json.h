// JSON in, through jansson, and out, by ourselves: numbers as data/number.h
// says, strings byte for byte (what is not UTF-8 becomes U+FFFD).

#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "data/number.h"
#include "data/value.h"

enum json_mode {
    JSON_STRICT, // what we are given to act on: duplicate keys refused
    // Answers: a BOM, NUL in strings and duplicate keys (the last counts) are
    // allowed, and integers beyond 64 bits become reals.
    JSON_LENIENT
};

#define JSON_DEPTH_MAX 64

// NULL with `err` ("line 3 column 7: …") when it does not parse.
struct value *json_read(const char *text, size_t len, enum json_mode mode,
                        struct err *err);

// What does not fit into `out` is dropped whole, and sets out->overflow.
void json_write(const struct value *v, struct buf *out);     // one line
void json_canonical(const struct value *v, struct buf *out); // keys sorted
void json_pretty(const struct value *v, struct buf *out); // lines, for people

char *json_text(const struct value *v); // json_write, owned
