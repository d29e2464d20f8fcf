// What a word on the command line is about: a recipe, by its file or its name,
// or one purchase.

#pragma once

#include "cli/options.h"
#include "cli/state.h"
#include "ledger/ledger.h"
#include "ledger/upkeep.h"

struct about {
    struct ledger_scope scope;
    char *recipe; // the name in `scope`
};

// The exit code, after saying what is wrong with the word.
int about_read(const struct options *options, const struct state *state,
               struct ledger *ledger, char *word, struct about *about);
void about_free(struct about *about);
