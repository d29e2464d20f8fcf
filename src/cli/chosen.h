// The run that a word on the command line means, to be looked at: a run by how
// its id begins, a recipe's file or name, or the newest of all.

#pragma once

#include "cli/options.h"
#include "cli/state.h"
#include "ledger/cells.h"

struct chosen {
    const struct options *options;
    struct state state;
    struct ledger *ledger; // for reading
    struct value *run;     // as ledger_run() has it; of some cells
};

// Of `word`, or NULL. The exit code, after saying what is wrong; chosen_free()
// in either case.
int chosen_read(struct chosen *chosen, const struct options *options,
                const char *word);
void chosen_free(struct chosen *chosen);

const char *chosen_id(const struct chosen *chosen);
const char *chosen_recipe(const struct chosen *chosen); // its name
