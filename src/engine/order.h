// An order, checked: what it costs, what its fingerprint is.

#pragma once

#include "engine/inside.h"

struct checked {
    struct value *named; // the request that is hashed
    char fingerprint[HASH_HEX];
    int64_t price; // thousandths; -1: unknown
    int64_t least; // that it can cost; the same
};
// False with `err` (ERR_RECIPE) for a mistake in it.
bool order_check(struct engine *engine, const struct order *order,
                 struct checked *checked, struct err *err);
void checked_free(struct checked *checked);

// What a request says of a field, or what the dialect sends when it is silent;
// NULL when neither says anything. Borrowed.
const struct value *order_said(const struct dialect *dialect, const char *route,
                               const struct value *request, const char *field);

// The clip that a request is made of, where this engine knows it; else NULL.
const struct clip_row *order_film(const struct engine *engine,
                                  const struct value *request);
