// The cells of runs, for people to look at: what a run had to do, how far it
// came, and which purchases each cell asked for. Nothing that is bought depends
// on these rows: they may be lost, and no effect waits for them.
//
// The newest LEDGER_RUNS_KEPT runs of a recipe keep theirs, at most
// LEDGER_CELLS_MAX a run; how many cells it really had is told by its `about`.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ledger/list.h"

#define LEDGER_CELLS_MAX 20000
#define LEDGER_RUNS_KEPT 20

// --- writes, as those of ledger/ledger.h: in order, strings copied

// What is told of run `run` beyond its row, JSON; and runs of this recipe that
// are not among the newest any more lose their cells.
void ledger_run_about(struct ledger *l, const char *run, const char *recipe,
                      const char *about_json, ledger_done *done, void *arg);

// What is new of the cells of one run, written in one go, in that order. Empty
// at first.
struct ledger_cells;
struct ledger_cells *ledger_cells_new(const char *run);
void ledger_cells_free(struct ledger_cells *cells); // NULL is fine
size_t ledger_cells_count(const struct ledger_cells *cells);

// One more waits for its turn. `nth` from 1 among those that the run has, `n`
// from 1 among the recipe's; `axes` is JSON, a map.
void ledger_cells_add(struct ledger_cells *cells, uint64_t nth, uint64_t n,
                      const char *name, int take, const char *axes);
// It was admitted. One that was never added stays unknown, here and below.
void ledger_cells_began(struct ledger_cells *cells, uint64_t nth,
                        int64_t now_ms);
struct ledger_cell_end {
    uint64_t nth;
    bool delivered;                       // else it failed
    const char *kind, *message, *task_id; // of a failed one; or NULL
    // JSON lists: [{"output":…,"path":…,"fingerprint":…,"clip":1}], "clip"
    // being the number of the purchase's file; and fingerprints in order of
    // asking.
    const char *outputs, *purchases;
    int64_t now_ms;
};
void ledger_cells_ended(struct ledger_cells *cells,
                        const struct ledger_cell_end *end);
// Takes `cells`.
void ledger_write_cells(struct ledger *l, struct ledger_cells *cells,
                        ledger_done *done, void *arg);

// --- reads

// {run, recipe, argv, started_ms, ended_ms, exit, version, about, cells}: about
// as a tree, `cells` how many rows there are of it. Owned; NULL with err (kind
// ERR_NONE: there is no such run).
struct value *ledger_run(struct ledger *l, const char *run, struct err *err);

// {nth, n, name, take, axes, state, kind, message, task_id, outputs, purchases,
// began_ms, ended_ms} of the cells of a run behind number `after`, in order, at
// most `max`; state is queued, running, delivered or failed. None in a ledger
// that an earlier tarmac wrote.
bool ledger_list_cells(struct ledger *l, const char *run, uint64_t after,
                       int64_t max, ledger_row *row, void *arg,
                       struct err *err);

// {fingerprint} of what this cell was the first to ask for, as far as `run` has
// an attempt of it: what one that has not ended is known to have bought.
bool ledger_list_bought(struct ledger *l, const char *run, const char *recipe,
                        const char *cell, ledger_row *row, void *arg,
                        struct err *err);

// From here to ledger_moment_end() all reads see one moment, whatever is
// written meanwhile. Not to be held for long: the log beside the ledger grows.
bool ledger_moment_begin(struct ledger *l, struct err *err);
void ledger_moment_end(struct ledger *l);
