// What a run leaves for people to look at: what it was about, and its cells as
// they went (ledger/cells.h). Nothing waits for it, and what cannot be written
// is told once and does no harm.

#pragma once

#include "cli/load.h"
#include "cli/options.h"
#include "cli/state.h"
#include "script/cells.h"

struct record_config {
    const struct loaded *loaded;
    const struct options *options;
    const struct state *state;
    struct ledger *ledger;
    const char *run;
    const struct recipe_walk *walk; // of its cells; copied
};
struct record *record_new(const struct record_config *config);
// After ledger_close(), which may still report.
void record_free(struct record *record); // NULL is fine

// The run's own row has been queued for the ledger.
void record_begin(struct record *record);
void record_cell_began(struct record *record, uint64_t nth);
void record_cell_ended(struct record *record, const struct cell_report *report);
// Cells that nobody came to are queued in the ledger, too.
void record_end(struct record *record);
