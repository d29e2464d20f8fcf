// The cells of a recipe without a script: each buys one clip and waits for it.
// They are what `return function() return runway.clip {} end` is, without Lua,
// since such a cell holds nothing but its purchase while it waits.

#pragma once

#include <stdbool.h>

#include "script/internal.h"

// `cell` begins in the next plain_run_ready().
void plain_start(struct script_cell *cell);
bool plain_run_ready(struct script *script); // true if any ran
void plain_free(struct plain *plain);        // NULL is fine
