// The lock file of a recipe, as a file, and why an order is not in it.

#pragma once

#include <stdbool.h>

#include "engine/engine.h"
#include "ledger/ledger.h"
#include "report/lock.h"

// "a/orbit.lock.yaml" of "a/orbit.yaml"; owned.
char *lock_path(const char *recipe_file);
bool lock_is_named_so(const char *file); // "….lock.yaml"

// The lock in `path`. NULL after saying what is wrong: *code.
struct lock *lock_load(const char *path, bool json, int *code);

// What the order `p` of `cell` asks for otherwise than the lock has it, as far
// as the ledger (may be NULL) knows what that was: "motion.x 4 → 5". Owned;
// NULL: it is not known.
char *lock_why(const struct lock *lock, struct ledger *ledger, const char *cell,
               const struct purchase *p);
