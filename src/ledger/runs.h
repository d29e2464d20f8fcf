// Who owns a row: every run holds flock() on .tarmac/runs/<id>.lock. An attempt
// is orphaned when its owner's lock can be taken, so no heartbeats and no pids.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/token.h"

struct run_lock {
    char id[TOKEN_HEX];
    int fd;
    char *path;
};

bool run_lock_take(struct run_lock *lock, const char *state_dir,
                   struct err *err);
void run_lock_drop(struct run_lock *lock); // also removes the file

// True when no live process holds the lock of run `id`.
bool run_is_dead(const char *state_dir, const char *id);
