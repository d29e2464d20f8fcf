// The tables of the service: which routes there are, what their bodies may
// hold, and what things cost. They are data (wire/*.yaml), embedded at build.

#pragma once

#include <stddef.h>

#include "base/err.h"
#include "data/value.h"

struct wire; // const after wire_open(); any thread may read it

// The embedded bytes, parsed. NULL with `err`: that is a defect of ours.
struct wire *wire_open(struct err *err);
void wire_free(struct wire *wire); // NULL is fine

// The whole documents; borrowed.
const struct value *wire_reverse(const struct wire *wire);
const struct value *wire_official(const struct wire *wire);
const struct value *wire_service(const struct wire *wire); // what is neither

// How a feed of the reverse format is dressed; see dress.c.
enum wire_shape {
    WIRE_NATIVE,
    WIRE_WRAPPER,
    WIRE_FLAT,
};
