// A purchase to its end: look up, reserve, submit, wait, fetch, check, deliver.
//
// Callbacks of the loop only note what happened; engine_step(), at the top of
// the loop, moves the state machines and calls dialects. One `struct purchase`
// is one fingerprint, however many cells ask for it; the engine owns it until
// engine_free().
//
//     struct purchase *p = engine_buy(engine, &order, &err);
//     while (!purchase_settled(p)) { engine_step(engine); loop_once(loop,
//     true); }

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "data/value.h"
#include "engine/gateway.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "net/client.h"
#include "recipe/recipe.h"
#include "store/store.h"

struct purchase;
struct told;
struct dry_hooks;

enum engine_note {
    // State or progress of `purchase`. Comes exactly once with the state
    // accepted and the purchase not settled: when its task_id is on disk.
    ENGINE_CHANGED,
    ENGINE_SHARED,         // a second identical order got the same purchase
    ENGINE_WARNING,        // `text`
    ENGINE_ACCOUNT,        // `text`: what a gateway says of our account there
    ENGINE_GATEWAY_STARTED // the built-in one; `text` is its address
};

// What a lock says of one fingerprint.
struct engine_locked {
    const char *task_id; // NULL: it had none
    const char *failed;  // of what kind it was; NULL: a clip came of it
};
// With a lock nothing is bought, whatever is ordered. What is not in it settles
// with kind "locked"; of what the ledger does not have, the task that the lock
// names becomes an attempt of that purchase, its price unknown, once its
// gateway has said that it knows it.
struct engine_lock {
    const char *name; // of its file, for messages
    // Borrowed, lives as long as the engine; NULL: it is not in the lock, and
    // *why may be given words of what differs, owned.
    const struct engine_locked *(*find)(void *arg, const struct purchase *p,
                                        char **why);
    void *arg;
};

struct engine_config {
    struct loop *loop;
    struct ledger *ledger;
    struct store *store; // NULL only when dry
    const struct clock *clock;
    const char *state_dir;         // absolute
    const char *run;               // id of the run, whose lock is held
    const char *recipe;            // name, for budgets
    const char *base_dir;          // files in requests lie below it
    const char *const *files;      // or are one of these, see files.h; borrowed
    const char *media_program;     // path of tarmac-media
    const char *const *local_args; // more arguments for the built-in gateway,
                                   // NULL-ended; or NULL
    const char *local_faults;      // that it rehearses then, in its own words;
                                   // NULL: none
    int in_flight;                 // of the recipe; 0: each gateway's
    int64_t budget;                // of the recipe; -1: none
    int64_t unknown_wait_ms;
    int64_t timeout_ms; // a submit that is put off for longer is given up
    bool retry_failed;
    const struct recipe_retry *retry; // what fails is bought again; or NULL
    const struct engine_lock *lock;   // buy nothing, see there; or NULL
    // What is delivered and nobody keeps (purchase_keep()) is let go of: a
    // pointer to it lasts no longer than that.
    bool lets_go;
    // Nothing is written, sent or started, see dry.h; its loop is a virtual
    // one.
    bool dry;
    const struct dry_hooks *hooks; // of a dry one; or NULL
    // The key for an origin, asked for once before its first use; owned by the
    // engine then. False with `err` when there should be one and is not; *key
    // NULL when the origin needs none. NULL member: no keys.
    bool (*key)(void *arg, const char *origin, char **key, struct err *err);
    // For the display; must not call the engine.
    void (*note)(void *arg, enum engine_note note,
                 const struct purchase *purchase, const char *text);
    void *arg;
};

struct engine *engine_new(const struct engine_config *config, struct err *err);
void engine_free(struct engine *engine); // leaves what is open to a later run

// Move everything that can move. From the top of the loop.
void engine_step(struct engine *engine);

// What a cell's script asked for in an earlier run, so that one that is not
// deterministic is found out before it buys. Kept by the caller, one a cell.
struct call_memory {
    const char *context; // hex: recipe, script, params, gateway
    const char *cell;    // name
    bool changed;        // what the script was given differs from that run
    bool diverged;       // why engine_buy() refused an order
    struct told *told;   // the engine's
};

struct order {
    const struct gateway *gateway;
    const char *route; // "generate"
    // Neutral, resolved. Where the fields take a file, a map stands for a clip
    // that is delivered, or a frame of one, as recipe/frame.h has them.
    const struct value *request;
    int take;
    const char *cell;           // name, for people
    struct call_memory *memory; // NULL: nothing is remembered
    const char *inputs;         // hex: the modules that the cell has loaded
    const char *path; // of this call in the cell's script: "3", "1.2/1"
};
// The purchase of this order's fingerprint: the one already here, or a new
// state machine that begins with what the ledger says. NULL with `err` for a
// mistake in the order (a field the dialect does not take, a missing file), and
// for one that was another in an earlier run, at the same path of the same cell
// while nothing that the script was given has changed: memory->diverged, and
// the text says both. `err` then has kind ERR_RECIPE.
struct purchase *engine_buy(struct engine *engine, const struct order *order,
                            struct err *err);

// The purchase of a task of this gateway, from memory or the ledger; NULL when
// neither knows it (err->kind ERR_NONE) or the ledger fails.
struct purchase *engine_find_task(struct engine *engine,
                                  const struct gateway *gateway,
                                  const char *task_id, struct err *err);

// The purchase of a task that engine_find_task() does not know: read at the
// gateway, for some seconds as long as it is not visible there. Known, it
// becomes a purchase of the ledger, price unknown until the service tells the
// charge, route "adopted", no request. Otherwise it settles with kind
// "not_found" ("network", "auth" …), and nothing is recorded. Dry: at once.
struct purchase *engine_adopt_task(struct engine *engine,
                                   const struct gateway *gateway,
                                   const char *task_id);

// The script was told of a purchase of its cell: "delivered", a kind of
// failure, "timeout" or a state. Other words than in an earlier run, or in
// another order, set memory->changed.
void engine_told(struct engine *engine, struct call_memory *memory,
                 const struct purchase *purchase, const char *outcome);

// Whom it asks about clips; not when dry.
struct checker *engine_checker(const struct engine *engine);

// Its cell has ended: nobody need know any more what it was told.
void engine_forget(struct engine *engine, struct call_memory *memory);

// While it is paused, no POST leaves that buys: what is ordered waits, and what
// was on its way to be sent is an intent again. All else goes on, polls,
// downloads, cancelling and settling, and engine_stop(), too. What a submit may
// take does not run out meanwhile. At the top of the loop; not of a dry one.
void engine_pause(struct engine *engine, bool on);
bool engine_paused(const struct engine *engine);
// How long it was, all in all, this time included; milliseconds.
int64_t engine_paused_ms(const struct engine *engine);

// Ctrl-C: submit nothing more; what is ready is still fetched.
void engine_stop(struct engine *engine);
// After engine_stop(): nothing is being submitted or fetched any more.
bool engine_quiet(const struct engine *engine);
// Something was bought, and its clip is not here yet.
bool engine_owes(const struct engine *engine);
// Something is on its way to the disk, which has to be waited for anyway.
bool engine_writes(const struct engine *engine);

// --- purchases
enum attempt_state purchase_state(const struct purchase *p);
const char *purchase_task_id(const struct purchase *p); // NULL: none yet
// Has a task_id, or has settled without one.
bool purchase_answered(const struct purchase *p);
// Delivered, or ended otherwise for this run.
bool purchase_settled(const struct purchase *p);
bool purchase_was_bought_now(const struct purchase *p); // POSTed by this run
// Of a dry engine, which takes what is open for delivered: how the ledger has
// what it would not buy.
enum attempt_state purchase_found(const struct purchase *p);
// Bought, and the ledger did not take its task_id before the run gave up.
bool purchase_unrecorded(const struct purchase *p);
// Of one that failed for want of a budget: the gateway's, not the recipe's.
bool purchase_lacks_of_gateway(const struct purchase *p);
double purchase_progress(const struct purchase *p); // 0..1; -1: not known
int64_t purchase_price(const struct purchase *p);   // thousandths; -1
// What it was to cost when it was bought; the charge may be another.
int64_t purchase_price_asked(const struct purchase *p);
int64_t purchase_price_least(const struct purchase *p); // that it can cost
const char *purchase_cell(const struct purchase *p);    // the first that asked
const struct gateway *purchase_gateway(const struct purchase *p);
const struct value *purchase_request(const struct purchase *p); // neutral
// The same as it is hashed: a file by what it holds. NULL: nobody knows it.
const struct value *purchase_named(const struct purchase *p);
const char *purchase_route(const struct purchase *p);
int purchase_take(const struct purchase *p);

// Why it is not delivered, once settled; kind is one of
//   refused auth credits invalid  not bought, the service refused
//   failed moderation …           bought, the service failed (its own kinds)
//   cancelled forgotten unknown budget network disk stopped
// NULL when delivered or not settled.
const char *purchase_failure_kind(const struct purchase *p);
const char *purchase_failure(const struct purchase *p); // one line for people
// The exit code's kind for that failure.
enum err_kind purchase_failure_err(const struct purchase *p);

const char *purchase_fingerprint(const struct purchase *p); // hex
// In which order deliveries came, over all runs: the id of the first clip.
// 0: not delivered.
int64_t purchase_arrival(const struct purchase *p);

// Read its task now, not at its time. purchase_reads() grows with every answer,
// and every failure to get one.
void purchase_hasten(struct purchase *p);
unsigned purchase_reads(const struct purchase *p);

// Cancel it: one that was not sent ends as cancelled, and costs nothing. One
// that is under way is read first, because cancelling a finished task can
// destroy a paid clip, and then cancelled where the dialect can. While it is
// being sent, that waits for the answer; without an answer there is nothing to
// cancel. Another run's is left to that run.
enum purchase_cancel {
    CANCEL_NOT_ASKED,
    CANCEL_UNDER_WAY,
    CANCEL_DONE,
    CANCEL_TOO_LATE,    // it has ended, or its clip is ready
    CANCEL_NOT_OFFERED, // the dialect has no way to
    CANCEL_FAILED,      // nobody said yes; it goes on
};
void purchase_cancel(struct purchase *p);
enum purchase_cancel purchase_cancelled(const struct purchase *p);

// Who goes on to need it says so, as often as it says that it does not any
// more: a dry engine with `seen` lets go of what has settled and nobody keeps,
// one with `lets_go` of what is delivered. Else it stays until engine_free().
void purchase_keep(struct purchase *p);
void purchase_drop(struct purchase *p);

// Of a dry engine. How many cells have asked for it: counted by who knows,
// remembered where the engine has let go of it. Had it, before this one asked?
void purchase_asked_by(struct purchase *p); // one more
uint64_t purchase_cells(const struct purchase *p);
bool purchase_is_again(const struct purchase *p);
// A model of which its gateway has delivered nothing yet, so that nobody knows
// how long an order takes: no time, then. "": a request without model. NULL:
// there was none.
const char *engine_time_unknown(const struct engine *engine);

// What the display keeps of it: one pointer, which the engine never looks at.
void purchase_show(const struct purchase *p, void *shown);
void *purchase_shown(const struct purchase *p); // NULL: nothing

size_t purchase_clips(const struct purchase *p);
const struct clip_row *purchase_clip(const struct purchase *p, size_t i);

// Call `fn` (inside engine_step; it may only note and wake) at every change of
// `purchase`. The watch is the caller's memory, anchored until unwatched.
struct engine_watch {
    void (*fn)(struct engine_watch *watch);
    struct engine_watch *next, **link;
    struct purchase *purchase;
};
void engine_watch(struct purchase *purchase, struct engine_watch *watch);
void engine_unwatch(struct engine_watch *watch); // fine when not watching
