// An engine in memory, in place of the real one: what a purchase does follows
// from its prompt. A step accepts a purchase, the next but one settles it.
//
//   "fail"    bought, then failed with kind moderation
//   "refuse"  refused: no task_id
//   "slow"    delivered three steps later than others
//   "never"   accepted, and never settled; can be cancelled
//   "stubborn"  the same, but cancelling it fails; all others have no way to
//   "deaf"    never answered
//   "two"     delivers two files
//   "wrong"   engine_buy() fails with ERR_RECIPE
//   "disk"    engine_buy() fails with ERR_DISK
//   "diverge" engine_buy() finds that the script has diverged

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"

struct engine *fake_engine_new(bool dry);
size_t fake_engine_purchases(const struct engine *engine);
struct purchase *fake_engine_purchase(const struct engine *engine, size_t i);
size_t fake_engine_watches(const struct engine *engine); // that are set now
// "outcome:prompt " of what scripts were told, and "path:prompt " of orders.
const char *fake_engine_told(const struct engine *engine);
const char *fake_engine_paths(const struct engine *engine);
// It was paused for so long, up to now.
void fake_engine_paused(struct engine *engine, int64_t ms);
int fake_purchase_take(const struct purchase *p);
