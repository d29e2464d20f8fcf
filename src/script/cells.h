// The cells of a run, from admission to the files under the recipe's names.
//
// Cells are admitted in order, while fewer than 2 x in_flight are unfinished;
// each is one coroutine. When its script has returned, its clips are placed
// and their places recorded; then it is reported.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recipe/recipe.h"
#include "script/script.h"

struct cell_output {
    char *path;  // relative to the folder that holds .tarmac
    char *shown; // for people and programs: as seen from where they are
    enum store_placed placed;
    struct purchase *purchase;
    size_t clip;
};

// How one cell ended, placing included.
struct cell_report {
    uint64_t index; // from 1
    const char *name;
    bool ok;
    bool changed; // an output was written now
    const struct cell_output *outputs;
    size_t n;
    const struct value *rows;             // a list of {name, value}; or NULL
    const char *kind, *message, *task_id; // of the error
    const char *traceback; // of a script's: a line a call; or NULL
    enum err_kind err;
};

struct cells_config {
    struct loop *loop;
    struct ledger *ledger; // NULL when dry
    struct store *store;   // NULL when dry
    struct script *script;
    const struct recipe *recipe;
    const char *run;
    int in_flight;    // at least 1
    uint64_t first;   // only so many cells; 0: all
    const char *root; // that outputs are below; NULL: the current folder
    bool dry;         // name outputs, place nothing
    void (*done)(void *arg, const struct cell_report *report);
    void *arg;
};

struct cells *cells_new(const struct cells_config *config);
// Waits for placements that are under way.
void cells_free(struct cells *cells);

// Admit what may be admitted. From the top of the loop.
void cells_step(struct cells *cells);
void cells_stop(struct cells *cells); // admit no more
bool cells_done(const struct cells *cells);
bool cells_placing(const struct cells *cells); // outputs are being written
uint64_t cells_total(const struct cells *cells);
