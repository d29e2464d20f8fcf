// The purchases that are under way, in the order in which they are shown: what
// is rendered first, what waits for its turn last. Every change costs the same,
// however many there are.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/index.h"
#include "ui/eta.h"

// In this order.
enum task_class {
    TASK_RENDERING, // the service says how far it is
    TASK_RUNNING,
    TASK_FETCHING, // or about to be
    TASK_SUBMITTING,
    TASK_ACCEPTED,
    TASK_UNKNOWN,
    TASK_WAITING, // for its turn
    TASK_CLASSES
};

struct task_kind; // of which purchases take as long

struct task {
    const struct purchase *purchase;
    enum attempt_state state;
    enum task_class class;
    struct task_kind *kind; // NULL: there were too many
    int64_t since_ms;       // when it entered this state
    int64_t accepted_ms;    // -1: not yet
    struct task *next, *before;
};

struct task_line {
    struct task *first, *last;
    size_t n;
};

struct under_way {
    struct index cells;
    struct task_line lines[TASK_CLASSES];
    size_t n;
    uint64_t running; // cells with something that does not wait
    uint64_t ended;   // purchases that this run made, which have ended
    struct index by_kind;
    struct task_kind *kinds;
    size_t n_kinds;
    struct eta_kind seen; // of all kinds
};

enum under_way_news {
    NEWS_NONE,  // it was settled before anybody heard of it
    NEWS_SAME,  // in the state that it was in
    NEWS_MOVED, // in another one
};

// A purchase has changed. What is kept of it hangs on it (purchase_show()): an
// engine has one of these.
enum under_way_news under_way_note(struct under_way *all,
                                   const struct purchase *purchase,
                                   int64_t now_ms);
void under_way_free(struct under_way *all);

const struct task *under_way_first(const struct under_way *all); // NULL: none
const struct task *under_way_next(const struct under_way *all,
                                  const struct task *task);

// Ask the ledger how long the kinds take that it was not asked for before: a
// few of them.
void under_way_learn(struct under_way *all, struct ledger *ledger);
// What eta_left() wants to know of it; `tasks` is the caller's.
void under_way_eta(const struct under_way *all, int64_t now_ms,
                   struct eta *eta);
