// The purchase that a word on the command line names: a task_id, a fingerprint
// or a sha256 (or how one begins), or the path of an output.

#pragma once

#include <stdbool.h>

#include "cli/options.h"
#include "cli/state.h"
#include "data/value.h"
#include "ledger/ledger.h"

struct named {
    const struct options *options;
    const char *word;
    const struct state *state;
    struct ledger *ledger;
    struct value *matches; // a list, empty at first; the caller's to free
};

// Only look: one match is the one that is meant, none or several are for
// named_find() to tell.
bool named_look(struct named *named, struct err *err);
// *row is ledger_match()'s of the one that is meant, borrowed from `matches`.
// Else it is NULL, and what is wrong has been said: the exit code.
int named_find(struct named *named, const struct value **row);
// Say that the word `is …` no good; the exit code.
int named_mistake(struct named *named, const char *is);
int named_fail(const struct named *named, const struct err *err);
