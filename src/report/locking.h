// What a run delivered, as a lock has it, and held against one. Pure.

#pragma once

#include "report/lock.h"
#include "script/cells.h"

// The cell and all that its script asked for, outputs and others. False with
// `err` when something of it cannot be locked: a purchase that was not made, or
// that nobody knows the task of.
bool locking_add(struct lock *lock, const struct cell_report *report,
                 struct err *err);

// The cell's outputs are exactly those of the lock, made of the same purchases
// and the same bytes, as is what else it asked for. False with `err`, which
// says what differs; `file` names the lock there.
bool locking_same(const struct lock *lock, const char *file,
                  const struct cell_report *report, struct err *err);

// The dialect of a gateway, as entries have it: "reverse 2026-07-01"; owned.
char *locking_dialect(const struct gateway *gateway);
