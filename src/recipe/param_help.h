// What a recipe is about and what can be set, for `tarmac run RECIPE --help`.

#pragma once

#include "base/buf.h"
#include "data/value.h"

// A recipe's tree need not be right: what cannot be read is left out.
void param_help(const struct value *tree, struct buf *out);
