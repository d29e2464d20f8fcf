// How long tasks of each kind take, a kind being what decides that: the
// gateway, the route, the model and the length. Read from the ledger once, when
// the first of a kind is accepted; from then on it is what this run sees.

#pragma once

#include "engine/inside.h"

// Borrowed from the engine.
struct forecast *learned_of(struct purchase *p);
void learned_free(struct engine *engine);
