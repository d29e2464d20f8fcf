// Where the ledger, the store and the built-in gateway live.

#pragma once

#include <stdbool.h>

#include "base/err.h"

struct state {
    char *root; // absolute folder that holds .tarmac; outputs are below it
    char *dir;  // root/.tarmac
    bool here;  // root is the current folder
};

// The absolute folder that `file` lies in; owned.
char *folder_of(const char *file);

// The nearest .tarmac upward from `start` (the recipe's folder), then from the
// current folder; else the current folder's, which need not exist yet.
void state_find(struct state *state, const char *start);
// Make it, with a .gitignore of its own; it has its ledger, or none yet.
bool state_make(const struct state *state, struct err *err);
// Refuses clips without the ledger that tells what was bought, or a run that
// was killed and had one: to begin anew would be to buy again.
bool state_has_its_ledger(const struct state *state, struct err *err);
// For who asks what was bought where there is no ledger yet.
void state_say_new(const struct state *state);
void state_free(struct state *state);

// The path of the program tarmac-media: beside ours, or in libexec. NULL with
// err when it is in neither place.
char *media_program(struct err *err);
