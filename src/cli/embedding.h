// What the outputs of a run tell of themselves: for placing_config's callbacks.

#pragma once

#include <stddef.h>

#include "ledger/ledger.h"
#include "recipe/recipe.h"
#include "script/placing.h"

struct embedding {
    struct ledger *ledger;
    const struct recipe *recipe;
    size_t untold; // outputs, so far
};

void embedding_tell(struct embedding *embedding, const char *cell,
                    const struct cell_output *output, struct output_told *told);
// The first of a run is warned of.
void embedding_untold(struct embedding *embedding,
                      const struct cell_output *output, const char *why);
