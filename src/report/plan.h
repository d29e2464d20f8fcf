// What a run would do, as words and as JSON. Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"
#include "script/cells.h"

// What a run would do about a purchase.
enum plan_course {
    PLAN_BUY,     // buy it
    PLAN_SHARED,  // the same, for another cell of this recipe
    PLAN_HAVE,    // it is delivered
    PLAN_OPEN,    // it is on its way
    PLAN_UNKNOWN, // it may have been bought: ask
    PLAN_NOTHING, // it failed: its cell says how
};
// For the cell that is being reported, of a dry engine's. A purchase is bought
// for the first of its cells that ends.
enum plan_course plan_course_of(const struct purchase *purchase);

struct plan_totals {
    uint64_t cells, failed; // cells; failed: of those
    uint64_t bought;        // orders that would be accepted, retries included
    int64_t price, price_least;   // of those; thousandths of a credit
    bool price_unknown;           // of some, which are in neither
    uint64_t have, open, unknown; // purchases, each once
    int64_t saved;                // what those that are there would cost now
    uint64_t shared; // times that a cell asked for what another one had asked
                     // for before
    uint64_t shared_purchases; // that were asked for so
    int64_t elapsed_ms;        // virtual, to the end of the last cell
    const char *time_unknown;  // a model of which the gateway has delivered
                               // nothing yet, so that elapsed_ms is without
                               // it ("": a request without model); or NULL
    int in_flight;             // at most so many at once
    int exit;                  // as the cells ask for; 0: all would be well
};

// What it is held against.
struct plan_money {
    const struct gateway *gateway;
    int64_t budget[2]; // the recipe's, the gateway's; -1: none
    int64_t spent[2];  // of each, by all runs before
};

// Why a purchase would be bought although its cell was bought before; owned.
// NULL: it never was, or nobody knows.
struct plan_why {
    char *(*ask)(void *arg, const struct cell_report *report,
                 const struct purchase *purchase);
    void *arg;
};

// Its purchases, a line each: outputs by their files, the others by what they
// are. `requests`: and what is asked for.
void plan_cell_text(const struct cell_report *report,
                    const struct plan_why *why, bool requests, struct buf *out);
// {"event":"cell",…,"purchases":[{"plan":"buy","price":25,"price_least":25,
//  "fingerprint":…,"route":…,"take":1,"request":{…},"why":…}]}
struct value *plan_cell_event(const struct cell_report *report,
                              const struct plan_why *why);

// The lines at the end.
void plan_text(const struct plan_totals *totals, const struct plan_money *money,
               struct buf *out);
// {"event":"plan","exit":0,…}
struct value *plan_event(const struct plan_totals *totals,
                         const struct plan_money *money);
int plan_exit(const struct plan_totals *totals, const struct plan_money *money);
