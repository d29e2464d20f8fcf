// run and plan: a loaded recipe to its end.

#pragma once

#include "base/buf.h"
#include "cli/load.h"
#include "cli/options.h"
#include "engine/engine.h"
#include "script/cells.h"

// Bring the outputs up to date. Returns the exit code. With --ui, as often as
// the page asks for it.
int run_loaded(struct loaded *loaded, const struct options *options);

// A run that somebody looks at and has a say in. It is on their loop, and what
// asks the process to stop is theirs to hear.
struct run;
struct run_watch {
    struct loop *loop;
    // Its row is on disk, and nothing is bought yet.
    void (*began)(void *arg, struct run *run);
    void (*step)(void *arg); // at the top of the loop
    // A purchase that cell `nth` has asked for has another state or progress.
    void (*changed)(void *arg, uint64_t nth, const struct purchase *purchase);
    // It will not be there any more.
    void (*ends)(void *arg);
    void *arg;
};
int run_watched(struct loaded *loaded, const struct options *options,
                const struct run_watch *watch);

// --- from began() to ends(), at the top of the loop
const char *run_id(const struct run *run);
uint64_t run_cells(const struct run *run); // how many it has
const char *run_state_dir(const struct run *run);
const char *run_media_program(const struct run *run);
// "about 4 min left", or nothing when nobody knows.
void run_left(const struct run *run, struct buf *out);
// Ctrl-C: once, stop; twice, leave.
void run_interrupt(struct run *run);
// Buy nothing until it goes on; its time (limits.run_timeout) stands still.
void run_pause(struct run *run, bool on);
bool run_is_paused(const struct run *run);
// A cell of it, from 1. False: it has ended.
bool run_cancel(struct run *run, uint64_t nth);

// The same against a dry engine: what would be bought, for how much, under
// which names. Nothing is written or sent.
int plan_loaded(struct loaded *loaded, const struct options *options);
