// --lock and --locked of a run.

#pragma once

#include <stdbool.h>

#include "cli/load.h"
#include "engine/engine.h"
#include "report/lock.h"
#include "report/summary.h"

struct locking {
    const struct options *options;
    char *path;        // NULL: neither was said
    const char *name;  // of the file, for messages
    struct lock *held; // that --locked holds the run to
    bool *seen;        // cells of it
    struct lock *made; // that --lock writes
    struct err unfit;  // why what was made cannot be written
    struct ledger *ledger;
    struct engine_locked **told;
    size_t n_told;
    struct engine_lock engine;
};

// Zeroed before. The exit code, after saying what is wrong; 0: nothing.
int locking_begin(struct locking *locking, const struct options *options,
                  const struct loaded *loaded);
// For the engine, which must not outlive it; NULL without --locked.
const struct engine_lock *locking_engine(struct locking *locking,
                                         struct ledger *ledger);
// For cells_config.check: whether a cell is as the lock has it.
bool locking_check(struct locking *locking, const struct cell_report *report,
                   struct err *err);
void locking_cell(struct locking *locking, const struct cell_report *report);
// All cells have been told: write the lock, or say why not; and which cells of
// the lock there are no more.
void locking_end(struct locking *locking, struct summary *summary);
void locking_free(struct locking *locking);
