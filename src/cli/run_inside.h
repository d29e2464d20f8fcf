// What the parts of a run share.

#pragma once

#include "cli/embedding.h"
#include "cli/locking.h"
#include "cli/manifest.h"
#include "cli/record.h"
#include "cli/rehearse.h"
#include "cli/run.h"
#include "cli/state.h"
#include "cli/stops.h"
#include "ledger/runs.h"
#include "report/results.h"
#include "ui/display.h"

// Everything that one run holds.
struct run {
    struct loaded *loaded;
    const struct options *options;
    struct state state;
    struct run_lock lock;
    struct rehearse rehearse;
    char *media;
    struct loop *loop;
    struct ledger *ledger;
    struct store *store;
    struct engine *engine;
    struct script *script;
    struct recipe_walk *walk; // of the cells that are wanted
    struct cells *cells;
    struct display *display;
    struct loop_timer *tick, *timeout;
    struct stops stops;
    int interrupts;            // how often Ctrl-C was pressed
    bool paused;               // by who looks on
    int64_t left_ms, since_ms; // of limits.run_timeout; 0: none. Since when
    bool begun;                // the run's row is being written, or is
    bool ended;                // and so is that it ended
    size_t writing;            // run rows that are not on disk yet
    struct err err;            // the first failure of the run itself
    struct summary summary;
    struct results *results; // that scripts collected
    struct embedding embedding;
    struct manifest *manifest;
    struct record *record;
    struct locking locking;
    const struct run_watch *watch; // who looks on; NULL: nobody
};

// run_open.c: in this order. False with `err`; run.c closes what was opened.
bool run_choose_cells(struct run *run, struct err *err);
bool run_open_state(struct run *run, struct err *err);
bool run_open_engine(struct run *run, struct err *err);
bool run_open_script(struct run *run, struct err *err);
void run_open_cells(struct run *run);
