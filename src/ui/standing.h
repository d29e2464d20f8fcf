// How a run stands: what was told of it, put together with what the ledger
// says.

#pragma once

#include "base/clock.h"
#include "report/progress.h"
#include "report/summary.h"
#include "ui/under_way.h"

struct standing {
    const struct summary *summary;
    struct under_way under_way;
    struct eta_cells ended; // of these only `paid` and `orders`
    bool paused;
    int64_t started_ms;
    int64_t left_ms; // as it was thought of last
    int64_t eta_ms;  // and when
    // As in struct display_about.
    struct ledger *ledger;
    const char *recipe;
    int64_t budget;
    int in_flight;
    struct ledger_totals *money; // NULL: not read yet
    bool stale;                  // something was bought, or has ended, since
    int64_t look_ms;             // not again before
};

void standing_begin(struct standing *standing, const struct summary *summary,
                    int64_t now_ms);
void standing_free(struct standing *standing);
void standing_cell(struct standing *standing, const struct cell_report *report);

// Read the money, and what was learned, when it is time: at most once a second,
// and far less often than it takes.
void standing_look(struct standing *standing, const struct clock *clock);
struct progress standing_progress(const struct standing *standing,
                                  int64_t now_ms);
