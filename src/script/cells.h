// The cells of a run, from admission to the files under the recipe's names.
//
// Cells are admitted in order, while fewer than 2 x in_flight are unfinished,
// and no more than a thousand beyond in_flight; each that has a script is one
// coroutine. When it has returned, its clips are placed and their places
// recorded; then it is reported.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "recipe/recipe.h"
#include "script/placing.h"
#include "script/script.h"

// How one cell ended, placing included.
struct cell_report {
    uint64_t index; // from 1, of all cells of the recipe
    uint64_t nth;   // from 1, of those that this run has
    const char *name;
    const struct value *axes; // as struct cell has them; NULL: not known
    int take;
    bool ok;
    bool changed; // an output was written now
    const struct cell_output *outputs;
    size_t n;
    // All that its script asked for, each once, in the order of asking.
    struct purchase *const *purchases;
    size_t n_purchases;
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
    int in_flight; // at least 1
    // Which cells; ours then. NULL: the `first` of the recipe, 0: all.
    struct recipe_walk *walk;
    uint64_t first;
    const char *root;        // that outputs are below; NULL: the current folder
    bool dry;                // name outputs, place nothing
    struct checker *checker; // these three as placing_config has them
    void (*tell)(void *arg, const char *cell, const struct cell_output *output,
                 struct output_told *told);
    void (*untold)(void *arg, const struct cell_output *output,
                   const char *why);
    // Before anything is placed: false with `err`, and the cell fails, with
    // kind "locked". NULL: every cell is as it should be.
    bool (*check)(void *arg, const struct cell_report *report, struct err *err);
    // It is admitted; `nth` as in its report. NULL: nobody wants to know.
    void (*began)(void *arg, uint64_t nth);
    void (*done)(void *arg, const struct cell_report *report);
    void *arg;
};

struct cells *cells_new(const struct cells_config *config);
// Waits for placements that are under way.
void cells_free(struct cells *cells);

// Admit what may be admitted. From the top of the loop.
void cells_step(struct cells *cells);
void cells_stop(struct cells *cells); // admit no more
// End cell `nth` (as in its report) as failed, kind "cancelled". One that is
// not admitted yet is reported at once, and never will be. Of one that runs,
// what no other unfinished cell has asked for is cancelled, as
// purchase_cancel() does; it is reported when that is over. False: it has
// ended, or its outputs are being written. At the top of the loop.
bool cells_cancel(struct cells *cells, uint64_t nth);
// The running cells whose scripts have asked for `p`.
void cells_asking(const struct cells *cells, const struct purchase *p,
                  void (*fn)(void *arg, uint64_t nth), void *arg);
bool cells_done(const struct cells *cells);
bool cells_placing(const struct cells *cells); // outputs are being written
uint64_t cells_total(const struct cells *cells);
