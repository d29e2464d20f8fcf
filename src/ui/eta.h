// How long a run goes on: what is under way, what is still to be sent, how many
// at once, and how long such purchases took. Pure.

#pragma once

#include <stddef.h>
#include <stdint.h>

// A purchase that the service has accepted.
struct eta_task {
    int64_t took_ms; // as long as its kind takes; -1: not known
    int64_t age_ms;  // since it was accepted
    double progress; // 0..1; -1: not known
};

struct eta {
    const struct eta_task *tasks;
    size_t n;
    uint64_t orders;  // that wait to be sent, or will be asked for
    int64_t usual_ms; // that one of those takes; -1: not known
    int places;       // at most so many at once; at least 1
};

// Milliseconds, more than 0; -1: nobody knows, or nothing is left.
int64_t eta_left(const struct eta *eta);

// How many purchases are still to be made for cells that have not ended.
struct eta_cells {
    uint64_t left;         // cells
    uint64_t paid, orders; // cells that ended and bought something, and what
    uint64_t ended;        // orders of cells that go on, which have ended
    uint64_t tasks;        // and those that are under way
    uint64_t waiting;      // and those that wait to be sent
};
uint64_t eta_orders(const struct eta_cells *cells);

// How long a kind takes: what the ledger has learned counts as some of what
// this run has seen.
struct eta_kind {
    int64_t learned_ms; // -1: nothing
    uint64_t n;         // seen by this run
    int64_t sum_ms;
};
int64_t eta_took(const struct eta_kind *kind); // -1: not known
