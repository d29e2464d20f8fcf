// How a plan stands to the lock beside the recipe: its last lines.

#pragma once

#include "cli/options.h"
#include "ledger/ledger.h"
#include "script/cells.h"

struct lock_plan;

// NULL when there is no lock beside the recipe, or none that can be read, which
// is said. `ledger` may be NULL.
struct lock_plan *lock_plan_new(const struct options *options,
                                struct ledger *ledger);
// Each cell of the plan, when it is reported; no matter in which order.
void lock_plan_cell(struct lock_plan *plan, const struct cell_report *report);
// "orbit.lock.yaml: as locked", or what differs, and what it costs; or an event
// {"event":"lock","file":…,"same":false,"cells":9,"differ":[{"cell":…,"why":…,
// "credits":…}],"gone":[…]}. At most so many of each that people read them.
void lock_plan_say(const struct lock_plan *plan);
void lock_plan_free(struct lock_plan *plan); // NULL is fine
