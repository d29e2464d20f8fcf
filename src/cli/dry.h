// A recipe to its end without money, network or writing, in virtual time: for
// plan, and for the tests of recipes.
//
//     struct dry *dry = dry_new(&config, &err);
//     if (dry) dry_go(dry);          // calls back for every cell
//     … dry_totals(dry) …
//     dry_free(dry);

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/load.h"
#include "cli/options.h"
#include "engine/dry.h"
#include "report/plan.h"
#include "script/cells.h"

struct dry_config {
    struct loaded *loaded;
    const struct options *options; // first, only, lua_dir, retry_failed
    bool ledger;                   // what is recorded counts
    // Each cell as it ends, in virtual time: of its purchases report/plan.h
    // tells more. NULL: nobody wants to know.
    void (*cell)(void *arg, const struct cell_report *report);
    // What becomes of an order; NULL: it is delivered. See engine/dry.h.
    void (*answer)(void *arg, const struct dry_question *question,
                   struct dry_answer *answer);
    // A line for people about something that is no error; NULL: it is logged.
    void (*warning)(void *arg, const char *text);
    void *arg;
};

// NULL with `err` when the recipe's script does not load, or the ledger cannot
// be read.
struct dry *dry_new(const struct dry_config *config, struct err *err);
// To the end of the last cell. False with `err`: a cell waits for what never
// comes.
bool dry_go(struct dry *dry, struct err *err);
const struct plan_totals *dry_totals(const struct dry *dry);
// Borrowed; NULL: there is none, or it does not count.
struct ledger *dry_ledger(const struct dry *dry);
void dry_free(struct dry *dry); // NULL is fine
