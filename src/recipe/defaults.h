// What a recipe's requests say at one gateway only: gateways.NAME.request.

#pragma once

#include "data/value.h"

// Lay the defaults for `gateway` over the request of `tree`, and take them out
// of its entry (the entry too, where nothing else is in it). Without such
// defaults, or where they are no map, nothing changes.
void defaults_apply(struct value *tree, const char *gateway);

// Take all that there are out of `gateways`, a recipe's map of them.
void defaults_remove(struct value *gateways);
