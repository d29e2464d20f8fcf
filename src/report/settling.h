// What there is to know and to choose about an unknown purchase, in words and
// as JSON. Pure.

#pragma once

#include "base/buf.h"
#include "data/value.h"
#include "ledger/settle.h"

struct settling {
    const char *fingerprint;
    const char *again; // command line of its run
    const char *noted; // the task that its run noted; or NULL
    int port;          // of its callback URL; 0: none
    bool run_is_alive;
};

// `tree` is ledger_describe()'s; then the choices, as they are typed.
void settling_text(const struct value *tree, const struct settling *settling,
                   struct buf *out);
// The same as members of the tree's event: callback_port, next.
void settling_add(const struct settling *settling, struct value *event);
// One line about what was chosen for ledger_match()'s `row`, and what to type.
void settling_done(const struct value *row, enum settle_choice choice,
                   const char *again, struct buf *out);
const char *settling_state(enum settle_choice choice); // "accepted" …
