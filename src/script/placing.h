// A cell's clips become files under the recipe's names, off the loop's thread;
// where they are to tell what made them, a media worker writes that into a copy
// first.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "engine/checker.h"
#include "engine/engine.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "store/store.h"

struct cell_output {
    char *path;   // relative to the folder that holds .tarmac
    char *shown;  // for people and programs: as seen from where they are
    char *suffix; // "" or the name that the script returned it under
    enum store_placed placed;
    char sha256[HASH_HEX]; // of the file, unless it was edited; "": of none
    struct purchase *purchase;
    size_t clip;
};

// What an output is to tell of itself.
struct output_told {
    char *text;             // owned; NULL: nothing
    char made_of[HASH_HEX]; // of the text: whether it is another one
};

struct placing_config {
    struct loop *loop;
    struct ledger *ledger;
    struct store *store;
    struct checker *checker;
    const char *run;
    // Fills `told`, all zero before; on the loop's thread. NULL: outputs hold
    // what was bought.
    void (*tell)(void *arg, const char *cell, const struct cell_output *output,
                 struct output_told *told);
    // An output is placed as it was bought, although it was to tell.
    void (*untold)(void *arg, const struct cell_output *output,
                   const char *why);
    void *arg;
};

// Bring the outputs up to date, and record them: `placed` and `sha256` of each
// are set when `done` comes, on the loop, with the first failure or NULL. What
// is given here has to live until then. False with `err`: nothing was begun.
bool placing_start(const struct placing_config *config, const char *cell,
                   struct cell_output *outputs, size_t n,
                   void (*done)(void *arg, const struct err *err), void *arg,
                   struct err *err);
