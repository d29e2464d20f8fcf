// Command lines that a ledger recorded, as they would be typed again.

#pragma once

#include "data/value.h"

// `row` has the run's "argv", and "recipe" where that is not known; owned.
char *again_of(const struct value *row);
