// Who owns a row: every run holds flock() on .tarmac/runs/<id>.lock. An attempt
// is orphaned when its owner's lock can be taken, so no heartbeats and no pids.
//
// The same file has room, made before anything is bought, for the task_ids that
// the ledger does not take: a full disk writes what has its place already.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/token.h"
#include "ledger/ledger.h"

struct run_lock {
    char id[TOKEN_HEX];
    int fd;
    char *path;
};

bool run_lock_take(struct run_lock *lock, const char *state_dir,
                   struct err *err);
// Also removes the file, unless there is a note in it.
void run_lock_drop(struct run_lock *lock);

// Note, in the file of `run`, the task of the attempt with this token; on disk
// when it returns true. Blocks; meant for the rare case.
bool run_note(const char *state_dir, const char *run, const char *token,
              const char *task_id, struct err *err);
// The task that any run noted for this token, owned; NULL: none.
char *run_noted(const char *state_dir, const char *token);

// True when no live process holds the lock of run `id`.
bool run_is_dead(const char *state_dir, const char *id);

// --- upkeep: what may be done only while no run is alive
// No run begins while it is held, and it is not had while one is alive: then
// false without `err`, and *alive is that run, owned ("": it holds the lock for
// upkeep, or a run is just beginning). *fd is the caller's to close.
bool upkeep_lock_take(const char *state_dir, int *fd, char **alive,
                      struct err *err);
// Any run that is alive, owned; NULL: none.
char *run_alive(const char *state_dir);

// *may: run `id` is dead, and each task that its file notes is in the ledger.
bool run_file_may_go(const char *state_dir, const char *id, struct ledger *l,
                     bool *may, struct err *err);
