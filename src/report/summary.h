// What a run came to: counts, money, the exit code, and the words for it. Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"
#include "script/cells.h"

enum {
    EXIT_ALL_DELIVERED = 0,
    EXIT_DEFECT = 1,
    EXIT_USAGE = 2,
    EXIT_RECIPE = 3,
    EXIT_CELLS_FAILED = 4,
    EXIT_NOT_DELIVERED = 5, // paid, or on its way: run again
    EXIT_UNKNOWN = 6,       // may have been bought: settle
    EXIT_BUDGET = 7,
    EXIT_REFUSED = 8, // by a gateway: key, credits, address
    EXIT_DISK = 9,
    EXIT_INTERRUPTED = 130,
};

// Of those that are wanted, the one that says most: the first that applies of
// 130 1 9 2 8 3 6 5 7 4; 0 when none does.
int exit_first(const bool wanted[256]);

struct summary {
    uint64_t cells; // of the run
    uint64_t delivered;
    uint64_t current; // of those, with nothing to do
    uint64_t failed;
    uint64_t unknown;    // of those: whether they were bought, nobody said
    uint64_t edited;     // outputs that somebody changed; left alone
    uint64_t bought;     // purchases made now
    uint64_t unfinished; // cells that a stop left open
    int64_t price;       // of those bought now, thousandths of a credit
    bool price_unknown;  // some of them have no known price
    bool interrupted;
    bool timed_out;       // limits.run_timeout stopped it
    uint64_t over_budget; // cells that failed for want of one
    int64_t lacking[2]; // what was not bought for want of the recipe's budget,
                        // and of the gateway's; thousandths of a credit
    int64_t spent[2];   // of each, all runs, when this one ended
    bool codes[256];    // exit codes that some cell asks for
};

// The exit code of what ends a command before there are cells.
int exit_code_of(enum err_kind kind);
// The exit code that one failed cell asks for.
int summary_code(const char *kind, enum err_kind err);

// A stop left this cell open: it has not failed, the next run goes on with it.
bool summary_is_open(const struct summary *summary,
                     const struct cell_report *report);
void summary_cell(struct summary *summary, const struct cell_report *report);
// One purchase made, for so many thousandths of a credit; -1: not known.
void summary_bought(struct summary *summary, int64_t price);
// One of those: the service has charged another price than was asked for.
void summary_charged(struct summary *summary, int64_t asked, int64_t charge);
// One purchase that a budget did not allow: the gateway's, or the recipe's.
void summary_lacks(struct summary *summary, bool of_gateway, int64_t price);
// What the run as a whole exits with, see exit_first().
int summary_exit(const struct summary *summary);
// Two or three lines for people: what was done, what it cost, what to type
// next. `again` is the command line to repeat.
void summary_text(const struct summary *summary, const char *again,
                  struct buf *out);

// "25 credits", "0.5 credits", "1 credit".
void credits_text(int64_t thousandths, struct buf *out);
// The same as a number of credits: 0.5. Owned.
struct value *credits_value(int64_t thousandths);

// The calls that led to a script's error (`lines`: one a line), to stand below
// it: indented, each with its newline.
void traceback_text(const char *lines, struct buf *out);
