// What the files of this room share: the engine, its gates, its purchases.
//
// A purchase has at most one thing under way: a write, an exchange, a check, a
// timer. Its callback stores the outcome and calls purchase_due(); then
// engine_step() runs `then`, which reads the outcome and begins the next thing.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/answer.h"
#include "engine/calls.h"
#include "engine/checker.h"
#include "engine/dry.h"
#include "engine/engine.h"
#include "engine/files.h"
#include "engine/index.h"
#include "engine/local.h"
#include "engine/pace.h"
#include "engine/part.h"

// How many exchanges there are at once: of one gateway, submits from their
// reservation to their answer, and polls; of all, downloads. The rest waits in
// lines of ours, where it costs nothing.
#define SUBMITS_MAX 128
#define POLLS_MAX 64
#define FETCHES_MAX 16
#define KEEPS_MAX 64 // downloads that wait to be looked into, and are
#define ATTEMPT_STATES (ATTEMPT_FORGOTTEN + 1)
#define ROUTE_ADOPTED "adopted" // of a task that was bought elsewhere

typedef void purchase_fn(struct purchase *p);

// Purchases that wait their turn; each is in one line at most.
struct line {
    struct purchase *first, *last;
};
void line_add(struct line *line, struct purchase *p);
void line_add_first(struct line *line, struct purchase *p);
struct purchase *line_take(struct line *line);           // NULL: empty
void line_remove(struct line *line, struct purchase *p); // one of it

// Why something ended for this run.
struct ending {
    char *kind, *text;
    enum err_kind err;
};
void ending_free(struct ending *ending);

// An error that is kept, in few bytes.
struct why {
    enum err_kind kind;
    char *text; // NULL: none
};

enum gate_state {
    GATE_CLOSED,  // nothing was needed of it yet, or it was lost
    GATE_OPENING, // its address, its key, its row in the ledger
    GATE_OPEN,
    GATE_SHUT, // for this run: `ending` says why
};

// A gateway at work.
struct gate {
    struct engine *engine;
    struct gate *next;
    const struct gateway *gateway;
    enum gate_state state;
    struct ending ending;
    bool refuses;         // open for polls; submits end with `ending`
    bool unreachable;     // said once, until it answers
    bool put_off;         // the same, of a service that is too busy
    enum net_reach reach; // where its assets may lie
    void (*then)(struct gate *gate);
    bool due;
    char *url;      // base of its routes
    char *key;      // or NULL
    int epoch;      // how often it was opened
    struct err err; // of what was under way
    char *found;    // address that local.c gave
    bool started;
    struct pace pace;
    struct closing asks; // of polls and lists
    int64_t others;      // open attempts of other runs
    int64_t others_ms;   // when they were counted; -1: never
    int port;            // in callback URLs; 0: none
    bool recorded;       // in the ledger
    struct calls calls;  // for timing.c, as the next
    struct purchase *callers, *callers_last; // who wait for their callback
    struct loop_timer *grace;
    struct line submits, polls, waiting;
    size_t n_submitting, n_polling;
    struct purchase *turn;    // of `polls`, whose it is
    struct loop_timer *timer; // looks at the submits again
    struct list *list;        // list.c's, once a purchase is unknown
    struct ours *ours;        // the same; tasks that it let go of
    struct account *account;  // account.c's, once something is to be bought
};

// Of its download, see fetch_forget().
struct fetch {
    bool noted;              // the part may have a note
    size_t i, n;             // which of how many
    char *part;              // where it is staged
    int fd;                  // -1: not open
    struct part_facts whole; // of which the part is one
    int64_t have;            // bytes of the part, when it was opened
    int64_t from;            // asked for from here on
    int64_t bytes;           // where the next one belongs
    int64_t reached;         // by tries that were worth it
    bool resumed;            // it is put together, of several answers
    bool other;              // what came is no rest of what is here
    bool distrust;           // what was put together did not play
    bool unborne;            // a request for the rest was answered otherwise
    int tries;
    int64_t retry_ms;       // until the task is read again
    struct clip_row *clips; // of urls
    bool recorded;          // they are as the ledger tells them
    enum checker_result check;
    struct checker_facts facts;
    char *why, *kept; // it does not play; where it is
};

// Of the clips that its request names, see frames.h.
struct frames {
    purchase_fn *then;     // NULL: nothing is waited for
    size_t next;           // field of the dialect's table
    struct value *sources; // field -> where it is, for files_send()
    char *out;             // the picture that is being cut
    const char *asked;     // field whose address is being renewed
    int asked_file;        // which of the task's files; 0: its last frame
    enum checker_result result;
    char *why;
};

struct polls {
    int failed;  // in a row without an answer about the task
    int refused; // 401 and 403 in a row
    int missing; // "no such task" in a row
    int empty;   // "succeeded" without a URL
    int64_t last_ms;
    int64_t accepted_ms; // monotonic
    int64_t ran_ms;      // its age when one last found it running; 0: none
    int64_t called_ms;   // when a callback said that it ended; 0: none
    struct forecast *kind;
    bool watched; // from its acceptance on
    bool warned;
};

// What most purchases never meet, see trouble.h.
struct trouble {
    int64_t unsent_ms; // when the first of `unsent` was
    int64_t retry_ms;  // until the next
    int64_t late_ms;   // when the first of `too_fast` was
    int64_t mark_ms;   // a list read from then on may lack it; of over_ms
    int64_t absent_ms; // the end of a whole list that did; 0: none
    int unsent;        // submits that did not arrive
    int too_fast;      // submits that the service put off
    int lists;         // whole ones that did not settle it
    int resent;        // times that they proved that it did not arrive
    int claims;        // polls for the claim
    int looks;         // adoptions that were lost
    int unrecorded;    // times that the ledger did not take the task_id
    int cancel_misses, cancel_reads;
};

// What a dry engine knows of one.
struct played {
    int sent, bought_before; // orders: of this engine, of the ledger
    int64_t due_ms;          // when its task ends
    double seconds;          // of its clip then
    int width, height;
    char *kind, *message; // or why it fails
    bool again;           // it was let go of before
    int64_t arrival;      // of its clip then; 0: none yet
    uint64_t cells;       // that asked for it
};

// Sorted by size, not to waste any: there are thousands of these.
struct purchase {
    struct engine *engine;
    struct gate *gate;
    struct purchase *next;                  // of all
    struct purchase *before;                // the same
    struct purchase *next_due;              // of engine->due
    struct purchase *next_line, *prev_line; // of a line
    struct purchase *next_leaving;
    struct purchase *next_caller, *prev_caller;

    const char *route; // the engine's
    char *cell;
    struct value *request; // as ordered; NULL: it is in `packed`
    char *packed;          // the same as JSON, while its task runs
    struct value *named;   // as hashed; NULL: the same
    const struct engine_locked *locked;
    struct engine_watch *watches;
    void *shown; // the display's, see purchase_shown()

    int64_t attempt;     // id; 0: none
    char *task_key;      // in engine->by_task
    const char *task_id; // in `task_key`; or NULL
    char *last_frame;
    int64_t price;
    int64_t asked_price; // of an attempt; -1: unknown
    int64_t least;       // that an attempt can cost; -1: unknown
    double progress;
    struct clip_row *clips;
    size_t n_clips;
    struct played *played; // NULL: the engine is not dry
    struct ending ending;

    purchase_fn *then;
    struct ending *end; // settles with it when the write under way is on disk
    struct why err;     // of what was under way
    struct ledger_intent_result *intent; // what a write came to
    struct loop_timer *timer;            // while it runs; or NULL
    struct net_exchange *exchange;
    const struct answer *answer; // answer_none: there is none to be read
    struct dialect_call *call;   // to be sent; or NULL

    struct trouble *trouble; // NULL: none yet
    int64_t sent_ms;         // of the submit; monotonic
    int64_t over_ms; // since then nobody sends it any more; 0: not known
    char *heard;     // a callback's body
    size_t heard_len;
    char *claim; // the task_id that it named, not believed yet
    struct polls polls;
    struct value *urls;     // of its clips
    char *packed_urls;      // the same as JSON, in a long line
    struct value *recorded; // by an earlier run; for a task that is forgotten
    struct fetch *fetch;    // from its first download on; or NULL
    struct frames *frames;  // while they are made ready; or NULL

    enum attempt_state state : 8;
    enum attempt_state to : 8;    // of the write under way
    enum attempt_state found : 8; // by a dry engine, in the ledger
    enum purchase_cancel cancel : 8;
    unsigned keepers;
    int take;
    int port;
    int bought_max; // attempts; 0: no matter
    int epoch;      // of the gate when it was sent
    unsigned reads; // of its task

    char fingerprint[HASH_HEX];
    char token[TOKEN_HEX];
    signed char counted; // the state that it is counted in; -1: none
    unsigned char used;  // what its account counts, see account.h
    bool shared;         // said once
    bool scout;          // see calls.h
    bool in_due : 1, in_line : 1;
    bool due : 1;
    bool ordered : 1; // else it was found by its task: never submitted
    bool mine : 1;    // the open attempt is of this run
    bool bought_now : 1;
    bool settled : 1, changed : 1, writing : 1;
    bool woken : 1; // watches hear of it, the display does not
    bool was_packed : 1;
    bool awaited : 1; // counted so
    bool leaving : 1;
    bool lacks_of_gateway : 1; // the gateway's budget did not allow it
    bool slot : 1, posted : 1;
    // It has a place among these.
    bool submitting : 1, polling : 1, fetching : 1, keeping : 1;
    bool listed : 1;      // one named a task for it
    bool noted : 1;       // it stands beside the ledger
    bool last_chance : 1; // urls are those that were recorded
    bool is_caller : 1;   // it waits for its callback
    bool untold : 1;      // its submit did not name our address
    bool hint : 1;        // a callback came
    bool left : 1;        // somebody waited for it, and nobody does any more
    // Bought elsewhere: it is asked for whether `claim` is a task.
    bool adopting : 1;
    bool asked : 1;         // its next read is waited for
    bool cancel_called : 1; // since it was last asked for
    bool cancel_agreed : 1; // the gateway may have said yes
    bool cancel_heard : 1;  // ever: a task that is gone was cancelled
};

struct engine {
    struct engine_config config;
    char *state_dir, *run, *recipe, *base_dir, *media_program;
    struct net_client *net;
    struct checker *checker;
    struct local *local;
    struct listener *listener;
    struct files files;
    struct gate *gates;
    struct purchase *all, *all_last;
    struct index by_fingerprint, by_token;
    struct index by_task; // "identity\ntask_id"
    struct purchase *due, *due_last;
    struct line fetches;
    size_t n_fetching, n_keeping;
    // What purchase_count() counts: the unsettled by their state, and of them
    // those that somebody waits for and that will tell how they are.
    size_t unsettled[ATTEMPT_STATES], awaited;
    int64_t looked_ms;              // at all of them, by unknown_step()
    size_t held;                    // purchases
    int64_t news_ms;                // when something last changed
    struct loop_timer *quiet_timer; // the wait for word of unknown ones
    struct index dead;              // runs that had ended by dead_ms
    int64_t dead_ms;
    bool said_lists;          // what is waited for
    size_t pending;           // writes and work under way
    struct told *told;        // what cells were told; memory.c's
    struct index by_told;     // "fingerprint\ncell"
    struct purchase *leaving; // whom nobody keeps
    struct gone *gone;        // who has left; leaving.c's
    bool stopped, paused;
    int64_t paused_since;  // when it was last
    int64_t paused_before; // milliseconds, of those that are over
    uint64_t chance;
    struct index learned; // how long each kind takes
    struct index routes;  // each to itself

    // Of a dry one.
    struct index took;  // expected times
    char *time_unknown; // a model without
    int64_t arrivals;
};

int64_t engine_now(const struct engine *engine); // monotonic
int64_t engine_wall(const struct engine *engine);
double engine_chance(struct engine *engine); // [0, 1)
void engine_say(struct engine *engine, enum engine_note note,
                const struct purchase *p, const char *text);
