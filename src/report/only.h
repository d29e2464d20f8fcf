// The expression that --only takes to find one cell of a recipe again. Pure.

#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "data/value.h"

// `row` is a cell as ledger_list_cells() has it, `about` what its run is about
// (cli/record.c): "axes" names the axes, of a zip group its own name alone, and
// "takes" says how many there are. "motion.x == -4 and take == 2"; nothing,
// where the recipe has but one cell. By its index alone where its values cannot
// be told, compared, or written in so many bytes as an expression may have.
void only_write(const struct value *about, const struct value *row,
                struct buf *out);
