// A run looked at in a browser while it goes on: a server on loopback with an
// unguessable address, for the page of src/report/page. It shows what the
// ledger holds and tells what changes; what the page asks for, its owner does.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/engine.h"
#include "loop/loop.h"

enum live_action {
    LIVE_PAUSE,
    LIVE_RESUME,
    LIVE_CANCEL, // a cell
    LIVE_RETRY,  // another round that buys again what failed
    LIVE_RUN,    // another round, or the first
    LIVE_END,
    LIVE_ACTIONS
};

// Strings are copied.
struct live_config {
    struct loop *loop;
    const char *state_dir;     // with a ledger
    const char *media_program; // makes posters; NULL: those that are there
    bool from_afar;            // shows what another process does
    // Asked at the top of the loop. `nth`: the cell that is meant, from 1; 0:
    // none. False with `err`, whose text the page shows. NULL: nothing may be
    // asked for.
    bool (*control)(void *arg, enum live_action action, uint64_t nth,
                    struct err *err);
    void *arg;
};

struct live;
// NULL with `err`.
struct live *live_new(const struct live_config *config, struct err *err);
// Tells the pages that it ends, and waits for a moment until they have that and
// all else that they have asked for. NULL is fine. Not from inside a callback.
void live_leave(struct live *live);
// Ends all connections. NULL is fine.
void live_free(struct live *live);
// Where to look at it; owned. Whoever has it may look, and have a say: it is
// for the terminal, and goes into no file.
char *live_url(const struct live *live);

// As watched_show(), watched_purchase() and watched_forget().
bool live_show(struct live *live, const char *run, uint64_t cells, bool again,
               struct err *err);
void live_purchase(struct live *live, uint64_t nth,
                   const struct purchase *purchase);
void live_forget(struct live *live);

// What may be asked for now, as bits 1 << action; and how it stands.
struct live_can {
    unsigned actions;
    bool paused, busy; // busy: a round goes on
    const char *told;  // one line that the page shows; or NULL
    const char *left;  // how long the round goes on, in words; or NULL
};
void live_may(struct live *live, const struct live_can *can);

// From the top of the loop, whenever it has turned.
void live_step(struct live *live);
