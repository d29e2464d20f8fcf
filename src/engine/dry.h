// A dry engine: what is recorded counts, and what is not is accepted when a
// place of its gateway is free, and delivered after the time that it is
// expected to take, with the facts that it asks for. Nothing is written, sent
// or started. Its time is its loop's, see loop_new_virtual().

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct purchase;

// An order that a run would send.
struct dry_question {
    const struct purchase *purchase;
    int n; // how often it was sent, this time included
};

// What becomes of it. What is left as it was given is as expected.
struct dry_answer {
    const char *kind; // NULL: delivered; else of its failure: "moderation" …
    const char *message; // of the failure; or NULL
    double seconds;      // of the clip
    int width, height;
    int64_t took_ms; // from its acceptance to its end; -1: nobody knows
};

// Purchases that the engine has let go of, by fingerprint: kept elsewhere, so
// that what it holds does not grow with the number of cells.
struct dry_memo {
    int64_t arrival; // purchase_arrival()
    uint64_t cells;  // purchase_cells()
};
struct dry_seen {
    void *ctx;
    bool (*find)(void *ctx, const char *fingerprint, bool *found,
                 struct dry_memo *memo, struct err *err);
    bool (*note)(void *ctx, const char *fingerprint,
                 const struct dry_memo *memo, struct err *err); // replaces
};

struct dry_hooks {
    // Says otherwise what is to become of an order; or NULL. Called when it is
    // accepted; texts are copied.
    void (*answer)(void *arg, const struct dry_question *question,
                   struct dry_answer *answer);
    void *arg;
    // NULL: everything is held until engine_free().
    const struct dry_seen *seen;
};
