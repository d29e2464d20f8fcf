// Everything that is wrong with one file and with what it is made of (files
// that it includes, the command line), gathered, so that it is all said at
// once: "recipe.yaml:7:3: unknown key 'sweeps' (did you mean 'sweep'?)".

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "data/value.h"

struct problem {
    struct pos pos;
    bool warning;
    char *text;
};

struct problems {
    char *file;    // as the user named it
    char **others; // pos.file 1, 2 …: the further ones
    size_t n_others;
    struct problem *items;
    size_t n, cap; // in order of addition
    size_t errors; // of all, those that are not warnings
    size_t more;   // beyond `n`
};

void problems_init(struct problems *p, const char *file);
void problems_free(struct problems *p);

// The number of a further file, for pos.file; the same name has the same one.
int problems_file(struct problems *p, const char *name);
// The name behind pos.file; borrowed.
const char *problems_file_name(const struct problems *p, struct pos pos);

// Beyond 100 problems (50, for a warning) only the count grows.
void problem_add(struct problems *p, struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void problem_warn(struct problems *p, struct pos pos, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

// Those of `more`, which numbers its files as `p` does, at positions that no
// problem of the same kind has yet, or without a line and of no name in quotes
// that one begins with: one position may have several faults in `more`, but
// what is wrong there already is most likely the same fault.
void problems_add_new(struct problems *p, const struct problems *more);

// One line each, by file and position: "file:line:col: error: text\n", or
// without ":line:col" where there is none.
void problems_write(const struct problems *p, struct buf *out);
