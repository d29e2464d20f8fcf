// The purchases of this process that are under way, and how far: what no ledger
// holds, for a live page.

#pragma once

#include "data/value.h"
#include "engine/engine.h"

struct open_purchases;
struct open_purchases *open_purchases_new(void);
void open_purchases_free(struct open_purchases *open); // NULL is fine
void open_purchases_forget(struct open_purchases *open);

// Of cell `nth`. True: nothing was known of it, or it has another state now;
// false: at most its progress is another.
bool open_purchases_note(struct open_purchases *open, uint64_t nth,
                         const struct purchase *purchase);
// Add "progress" to the purchases of a cell as the gallery has it.
void open_purchases_tell(const struct open_purchases *open, struct value *cell);
