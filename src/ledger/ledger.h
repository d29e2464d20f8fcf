// The ledger: purchases, attempts, clips, outputs and runs, in one SQLite file
// that several processes share. Every SQL statement of the runner is in this
// room. Reads are immediate, on a connection of the loop's thread; writes are
// group-committed off it, and `done` comes when the row is on disk. A row is
// written before the effect that it announces.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/token.h"
#include "loop/loop.h"

enum attempt_state {
    ATTEMPT_INTENT,     // certainly not sent
    ATTEMPT_SUBMITTING, // on disk before the POST: may have arrived
    ATTEMPT_ACCEPTED,   // has a task_id
    ATTEMPT_RUNNING,
    ATTEMPT_READY,    // the service has the output; urls known
    ATTEMPT_FETCHING, // a .part is being written
    ATTEMPT_DELIVERED,
    ATTEMPT_REFUSED, // not bought; the next run tries again
    ATTEMPT_UNKNOWN, // may have been bought; never re-sent by itself
    ATTEMPT_FAILED,
    ATTEMPT_CANCELLED,
    ATTEMPT_FORGOTTEN, // the service no longer knows an accepted task
};
const char *attempt_state_name(enum attempt_state state); // "intent" …
bool attempt_state_is_open(enum attempt_state state); // intent … fetching,
                                                      // unknown
// The moves that the state machine has; anything else is a defect.
bool attempt_state_may(enum attempt_state from, enum attempt_state to);

struct clip_row {
    int64_t id; // 0 in what ledger_deliver() is given
    int n;      // 1, 2 … of one attempt
    char sha256[HASH_HEX];
    char ext[8];
    int64_t size;
    double seconds;
    int width, height;
};

struct attempt_row {
    int64_t id;
    int n; // 1, 2 …
    enum attempt_state state;
    char owner[TOKEN_HEX]; // run
    char token[TOKEN_HEX]; // of its callback URL
    int callback_port;     // 0: none
    char *task_id;         // or NULL
    int64_t price;         // thousandths; -1: unknown
    char *kind, *reason;   // of a refusal or failure; or NULL
    char *urls;            // JSON list, or NULL
    char *last_frame;      // URL, or NULL
    int64_t created_ms, sent_ms, accepted_ms, ended_ms; // 0: not yet
};

struct purchase_row {
    int64_t id;
    char fingerprint[HASH_HEX];
    char *gateway; // identity
    char *route;
    char *request; // canonical JSON
    int take;
    char *recipe;               // name of the recipe that asked first
    char *cell;                 // of it; NULL: of none
    int bought;                 // attempts, but those that bought nothing
    struct attempt_row attempt; // the newest; id 0 when there is none
    struct clip_row *clips;     // of the newest delivered attempt
    size_t n_clips;
    char *clips_task_id; // its task_id; NULL when nothing was delivered
};
void purchase_row_free(struct purchase_row *row); // zeroed afterwards

struct ledger *ledger_open(struct loop *loop, const char *state_dir,
                           struct err *err); // <state_dir>/ledger.db
bool ledger_exists(const char *state_dir);
// It is gone, or there are no tables in it, nor in the log beside it.
bool ledger_is_empty(const char *state_dir);
// An existing one, for status and plan: no loop, no writes. Sees what other
// processes write meanwhile.
struct ledger *ledger_open_read(const char *state_dir, struct err *err);
void ledger_close(struct ledger *ledger); // finishes what is queued

// --- reads. False with `err` when the database fails; `found` tells the rest.
bool ledger_find(struct ledger *l, const char *fingerprint,
                 struct purchase_row *row, bool *found, struct err *err);
// The newest purchase that this cell of this recipe was the first to ask for on
// `route` (NULL: on any), whatever became of it: what it asked for before.
bool ledger_find_last(struct ledger *l, const char *recipe, const char *cell,
                      const char *route, struct purchase_row *row, bool *found,
                      struct err *err);
// The attempt that has this task, or this callback token, even when the
// purchase has a newer one; `attempt` and `clips` are that attempt's own.
bool ledger_find_task(struct ledger *l, const char *gateway,
                      const char *task_id, struct purchase_row *row,
                      bool *found, struct err *err);
bool ledger_find_token(struct ledger *l, const char *token,
                       struct purchase_row *row, bool *found, struct err *err);
// Open attempts of a gateway, of any run but `except` (may be NULL), that the
// service has not ended: those that are in flight there.
bool ledger_count_open(struct ledger *l, const char *gateway,
                       const char *except, int64_t *n, struct err *err);
// Ports that open attempts name in their callback URLs, each once, those of the
// newest first; at most `max`.
bool ledger_callback_ports(struct ledger *l, int *ports, size_t max, size_t *n,
                           struct err *err);
// Who owns attempts that may have been sent without an answer: each run once.
bool ledger_unsettled_owners(struct ledger *l,
                             void (*each)(void *arg, const char *run),
                             void *arg, struct err *err);
// When a run said that it ended; 0: it runs, was killed, or is not known.
bool ledger_run_ended(struct ledger *l, const char *run, int64_t *ended_ms,
                      struct err *err);
// Spent and reserved by this recipe: the prices of all attempts that it made,
// but refused and failed ones, and those cancelled before they were sent. An
// unknown price counts as nothing.
bool ledger_spent(struct ledger *l, const char *recipe, int64_t *thousandths,
                  struct err *err);
// The same at a gateway, by all recipes; by its identity.
bool ledger_spent_at(struct ledger *l, const char *gateway,
                     int64_t *thousandths, struct err *err);

// How long the last ones of a kind took from acceptance to delivery, in one
// run: the median; -1: none was delivered.
struct ledger_kind {
    const char *gateway; // identity
    const char *route;
    const char *model; // as the request says it; NULL: it does not
    double seconds;    // the same; -1: of any length
};
bool ledger_took(struct ledger *l, const struct ledger_kind *kind, int64_t *ms,
                 struct err *err);
// How long the service itself took with each of them, the oldest first, as
// ranges of milliseconds: it still ran at `least`, and had ended at `most`.
// Where that was not seen, `most` has the download in it. At most
// LEDGER_TOOK_MAX, of what was attempted last.
#define LEDGER_TOOK_MAX 101
struct ledger_took {
    int64_t least, most; // most 0: not known
};
bool ledger_took_each(struct ledger *l, const struct ledger_kind *kind,
                      void (*each)(void *arg, const struct ledger_took *took),
                      void *arg, struct err *err);

// --- writes. `done` (may be NULL) on the loop, once on disk or with `err`;
// what it announces, reads see. Strings are copied before the call returns.
// Writes happen in the order of their calls.
typedef void ledger_done(void *arg, const struct err *err);

void ledger_run_begin(struct ledger *l, const char *run, const char *recipe,
                      const char *argv_json, int64_t now_ms, ledger_done *done,
                      void *arg);
void ledger_run_end(struct ledger *l, const char *run, int exit_code,
                    int64_t now_ms, ledger_done *done, void *arg);

// The first use of a gateway records its origin; another origin under a known
// identity is an error (ERR_GATEWAY) that says both and what to do, unless all
// that was ever asked of it was refused: then the first one was a mistake, and
// is forgotten. `origin` of the built-in gateway is "local".
void ledger_gateway(struct ledger *l, const char *identity, const char *origin,
                    int64_t now_ms, ledger_done *done, void *arg);

// A new attempt in state intent, in one transaction: makes the purchase row if
// there is none, refuses when an open or delivered attempt exists
// (`result->taken`), checks and reserves the budgets (`result->over_budget`).
// After a refused, failed, cancelled or forgotten attempt it makes the next
// one: whether that is to be bought again is the caller's question. A budget
// without a price is an error (ERR_RECIPE).
struct ledger_intent {
    const char *fingerprint, *gateway, *route, *request, *recipe, *run, *token;
    const char *cell; // name, for people; or NULL
    int take, callback_port;
    int bought_max;         // attempts that may have bought, this one included:
                            // more of them are `taken`; 0: any number
    int in_flight, own;     // attempts of this gateway that may be in flight,
                            // and those of this run; 0: no matter
    int64_t price;          // -1: unknown
    int64_t budget;         // of the recipe, over all its runs; -1: none
    int64_t gateway_budget; // of the gateway, over all recipes; -1: none
    int64_t now_ms;
};
struct ledger_intent_result {
    int64_t attempt; // id; 0 when it was not made
    bool taken, over_budget;
    bool of_gateway; // with over_budget: whose it is
    bool full;       // as many are in flight as may be: later
    int64_t others;  // of them, of other runs
    int64_t spent;   // of it
};
void ledger_intend(struct ledger *l, const struct ledger_intent *intent,
                   void (*done)(void *arg, const struct err *err,
                                const struct ledger_intent_result *result),
                   void *arg);

// A task that was bought elsewhere becomes a purchase with an attempt in state
// accepted, in one transaction; `result->taken` when an attempt of this gateway
// has that task already, or the purchase one that is open or delivered. Of
// `task`, what tells money and the callback is not
// asked for: its price is unknown, and no budget refuses it.
void ledger_adopt_task(struct ledger *l, const struct ledger_intent *task,
                       const char *task_id,
                       void (*done)(void *arg, const struct err *err,
                                    const struct ledger_intent_result *result),
                       void *arg);

// Compare-and-set of an attempt's state: `from` must be what the row says, else
// another process was there (ERR_DISK); the move must be legal (ERR_DEFECT).
// NULL members leave their columns as they are. A task_id is required by
// accepted, never replaced by another, and never shared by two purchases
// (ERR_GATEWAY).
struct ledger_move {
    int64_t attempt;
    enum attempt_state from, to;
    const char *task_id, *kind, *reason, *urls, *last_frame;
    const char *wire;  // JSON: what happened on the wire, raw body included
    const char *owner; // a new owner (adopting an orphan)
    int64_t price;     // settled charge; -1: leave
    struct ledger_took took; // most 0: leave
    int64_t now_ms;
};
void ledger_move(struct ledger *l, const struct ledger_move *move,
                 ledger_done *done, void *arg);
// The owner of an open attempt becomes `run`, if it still is `old_owner` (else
// ERR_DISK). `callback_port` is recorded in state intent only: a sent attempt
// keeps the port that its callback URL names.
void ledger_adopt(struct ledger *l, int64_t attempt, const char *old_owner,
                  const char *run, int callback_port, ledger_done *done,
                  void *arg);
// Add the clips (at least one) and move fetching -> delivered, in one
// transaction. A clip that was there, and is fetched again, keeps its id.
// `clips` lives until it returns, and is what ledger_find() now tells of them;
// NULL where there were clips before, of which some may be left, and on errors.
typedef void ledger_delivered(void *arg, const struct err *err,
                              const struct clip_row *clips);
void ledger_deliver(struct ledger *l, int64_t attempt,
                    const struct clip_row *clips, size_t n, int64_t now_ms,
                    ledger_delivered *done, void *arg);

// --- calls: what the script of a cell asked for, and what it was told. A
// context is all that it was given, as a hash.
struct ledger_call {
    const char *context, *cell, *path;
};
struct call_row {
    char asked[HASH_HEX];  // the request as the script wrote it
    char inputs[HASH_HEX]; // the modules that it had loaded; "": none
    char fingerprint[HASH_HEX];
};
bool ledger_find_call(struct ledger *l, const struct ledger_call *call,
                      struct call_row *row, bool *found, struct err *err);
void ledger_set_call(struct ledger *l, const struct ledger_call *call,
                     const struct call_row *row, ledger_done *done, void *arg);
// What it was told of a purchase, in words. *outcome is the caller's; NULL:
// none is recorded.
bool ledger_find_outcome(struct ledger *l, const char *context,
                         const char *cell, const char *fingerprint,
                         char **outcome, struct err *err);
void ledger_set_outcome(struct ledger *l, const char *context, const char *cell,
                        const char *fingerprint, const char *outcome,
                        ledger_done *done, void *arg);

// --- outputs: which file holds which clip
struct output_row {
    int64_t clip;
    char sha256[HASH_HEX]; // of the output as written
    // Where it is not the clip's own bytes: of all that it was made of. Or "".
    char made_of[HASH_HEX];
    int64_t size, mtime_ns;
};
bool ledger_find_output(struct ledger *l, const char *path,
                        struct output_row *row, bool *found, struct err *err);
void ledger_set_output(struct ledger *l, const char *path, const char *run,
                       const char *cell, const struct output_row *row,
                       ledger_done *done, void *arg);
