// The calls that a cell's script made, compared with those of an earlier run.

#pragma once

#include "engine/inside.h"
#include "engine/order.h"

// May this order be bought? Sets memory->changed and memory->diverged. *news:
// it is to be noted. False with `err` (ERR_RECIPE) when it is another than in
// an earlier run, or when the ledger fails. Fine without a memory.
bool memory_check(struct engine *engine, const struct order *order,
                  const struct checked *checked, bool *news, struct err *err);
// Before its purchase is begun: what is noted is on disk before that is.
void memory_note(struct engine *engine, const struct order *order,
                 const struct checked *checked);
void memory_free(struct engine *engine);
