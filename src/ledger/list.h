// What a ledger holds, for people: totals, rows one at a time, and everything
// that is known of one purchase. Reads only; each list is of one moment,
// whatever other processes write meanwhile. A row is a map, named as it is told
// (credits in whole credits, times in milliseconds since 1970), without what is
// not known; it is borrowed until the call returns.

#pragma once

#include "data/value.h"
#include "ledger/ledger.h"

typedef void ledger_row(void *arg, const struct value *row);

#define LEDGER_STATES (ATTEMPT_FORGOTTEN + 1)

struct ledger_totals {
    int64_t purchases[LEDGER_STATES]; // by the state of their newest attempt
    int64_t spent;    // thousandths, of attempts that have ended, as
                      // ledger_spent() counts
    int64_t reserved; // by open ones
    int64_t unknown;  // by those that may have been bought
    int64_t unpriced; // attempts of those whose price is not known
};
// `recipe` NULL, here and below: of all.
bool ledger_totals(struct ledger *l, const char *recipe,
                   struct ledger_totals *totals, struct err *err);

// {run, recipe, argv, started_ms, ended_ms, exit}, the newest first; at most
// `max`, -1: all. No ended_ms: it runs, or died.
bool ledger_list_runs(struct ledger *l, const char *recipe, int64_t max,
                      ledger_row *row, void *arg, struct err *err);

// The same of the runs whose ids begin with `word`.
bool ledger_match_run(struct ledger *l, const char *word, int64_t max,
                      ledger_row *row, void *arg, struct err *err);
// {cell, gateway, fingerprint, task_id, file, sha256} of each clip that this
// run bought, or wrote an output of that no later run has written; by cell.
bool ledger_list_made(struct ledger *l, const char *run, ledger_row *row,
                      void *arg, struct err *err);

// {fingerprint, recipe, cell, gateway, state, attempt, take, task_id, credits,
// kind, reason, run, argv, created_ms, sent_ms, accepted_ms, ended_ms}: the
// open attempts but unknown ones, the oldest first.
bool ledger_list_open(struct ledger *l, const char *recipe, int64_t max,
                      ledger_row *row, void *arg, struct err *err);
// The same of purchases that only the user can bring on: unknown, then refused,
// failed and forgotten ones, the newest first.
bool ledger_list_troubles(struct ledger *l, const char *recipe, int64_t max,
                          ledger_row *row, void *arg, struct err *err);
// {at_ms, what, recipe, cell, gateway, task_id, credits, kind, reason, sha256,
// run, exit, fingerprint} of all that happened, the newest first; `what` is
// asked, sent, accepted, how an attempt ended, or "run began", "run ended". A
// delivered clip is one event, with its sha256.
bool ledger_list_events(struct ledger *l, const char *recipe, int64_t max,
                        ledger_row *row, void *arg, struct err *err);
// {recipe} of every recipe that a run or a purchase names.
bool ledger_list_recipes(struct ledger *l, ledger_row *row, void *arg,
                         struct err *err);

// {purchase, fingerprint, recipe, cell, gateway, route, take, state, task_id}
// of each purchase whose fingerprint, task_id, clip's or output's sha256 is
// `word`, or with `prefix` begins with it.
bool ledger_match(struct ledger *l, const char *word, bool prefix, int64_t max,
                  ledger_row *row, void *arg, struct err *err);
// The same of the purchase whose clip the output at `path` was made of.
bool ledger_match_output(struct ledger *l, const char *path, ledger_row *row,
                         void *arg, struct err *err);

// The same of those that nobody told us whether they were bought: unknown, or
// submitting, which is unknown when the run that sent it is dead. The oldest
// first.
bool ledger_list_unknown(struct ledger *l, ledger_row *row, void *arg,
                         struct err *err);

// Everything that is known of purchase `id`, as a tree: {fingerprint, recipe,
// cell, gateway, route, take, request, asked_ms, attempts: [{attempt, state,
// task_id, credits, kind, reason, run, argv, created_ms … , urls, last_frame,
// wire, clips: [{n, sha256, ext, bytes, seconds, width, height, delivered_ms,
// outputs: [path]}]}]}. Owned; NULL with err when there is none.
struct value *ledger_describe(struct ledger *l, int64_t id, struct err *err);

// Read the whole file and look for damage. *version is the schema's.
bool ledger_check(struct ledger *l, int64_t *version, struct err *err);
