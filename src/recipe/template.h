// "${name}" in texts: substitution only. A text that is nothing but one "${x}"
// takes x's value with its type; "$${" is a literal "${".

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "data/problem.h"
#include "data/value.h"

#define TEMPLATE_TEXT_MAX (1u << 20) // of one text put together

struct template_vars {
    void *ctx;
    // The value of a dotted name, borrowed; NULL when there is none.
    const struct value *(*get)(void *ctx, const char *name);
};

// `v` with every text in it resolved; owned; positions are those of `v`. NULL
// with `err` naming the unknown variable, or the part that is not a scalar. A
// null inside a longer text is nothing.
struct value *template_apply(const struct value *v,
                             const struct template_vars *vars, struct err *err);

// Report every variable used in `v` that `known` does not have.
void template_check(const struct value *v, const char *const *known, size_t n,
                    struct problems *problems);

// True when a text in `v` holds "${name}".
bool template_uses(const struct value *v, const char *name);
// True when a text in `v` holds any "${", also one that does not end.
bool template_any(const struct value *v);

// One piece of a text: a literal (`name` is NULL, "$${" already undone) or a
// variable.
struct template_part {
    char *literal;
    char *name;
};

struct template_parts {
    struct template_part *items;
    size_t n;
};

// False with `err` at a "${" without a name or without its "}", or a NUL. Free
// it in either case.
bool template_split(const char *text, size_t len, struct template_parts *parts,
                    struct err *err);
void template_parts_free(struct template_parts *parts);

// A scalar as it stands inside a text; owned. NULL for a list or a map.
char *template_text(const struct value *v);
