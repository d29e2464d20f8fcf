// An engine in memory, in place of the real one: what a purchase does follows
// from its prompt. A step accepts a purchase, the next but one settles it.
//
//   "fail"    bought, then failed with kind moderation
//   "refuse"  refused: no task_id
//   "never"   accepted, and never settled
//   "deaf"    never answered
//   "two"     delivers two files
//   "wrong"   engine_buy() fails with ERR_RECIPE
//   "disk"    engine_buy() fails with ERR_DISK

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"

struct engine *fake_engine_new(bool dry);
size_t fake_engine_purchases(const struct engine *engine);
struct purchase *fake_engine_purchase(const struct engine *engine, size_t i);
size_t fake_engine_watches(const struct engine *engine); // that are set now
int fake_purchase_take(const struct purchase *p);
