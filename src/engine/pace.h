// How fast: submits under way, and when to ask again. Pure: the time and the
// randomness come in as arguments. Times are milliseconds of one clock.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// "Too fast", said once or again and again: nothing is sent until `until`.
struct closing {
    int64_t until;
    int64_t cut_ms; // what was sent by then belongs to one burst; -1: none yet
    int slow;       // bursts in a row
    bool near;      // a service on this machine: shorter waits of our own
};
void closing_init(struct closing *closing, bool near);

// The service said it of what was sent at `sent_ms`. Retry-After is obeyed to
// the second where it says one; else, and where it says 0, the wait doubles
// from burst to burst. -1: it did not say. True: a new burst.
bool closing_note(struct closing *closing, int64_t sent_ms,
                  int64_t retry_after_ms, int64_t now);
void closing_answered(struct closing *closing);
// How long until something may be sent; 0: at once.
int64_t closing_wait(const struct closing *closing, int64_t now);

// Submits to one gateway. The window shrinks by half, once a burst, when the
// service says that it is too much. It grows by one for every acceptance up to
// what the service bore before, and by one for every four windows of them
// beyond, so that few are sent only to be refused.
struct pace {
    int limit;     // ceiling of the window
    double window; // 1..limit
    double borne;  // attempts that it bore when it last refused one more
    int own;       // attempts of this run that hold a place
    struct closing closing;
};

void pace_init(struct pace *pace, int limit, bool near);

// May one more be submitted, when other runs have `others` open? A run with
// nothing under way always may have one, so that rows which nobody looks after
// never stop a gateway for good.
bool pace_may(const struct pace *pace, int64_t others, int64_t now);

// How long until time alone could change the answer; 0: it could not.
int64_t pace_closed_for(const struct pace *pace, int64_t now);

void pace_accepted(struct pace *pace);
// The service said "too fast" of what was sent at `sent_ms`, which still holds
// its place; `retry_after_ms` -1: it did not say how long.
void pace_too_fast(struct pace *pace, int64_t sent_ms, int64_t retry_after_ms,
                   int64_t now);

// Delay before retry `n` (0: the first): doubles from `first` to `most`.
// `chance` is in [0, 1).
int64_t pace_back_off(int n, int64_t first, int64_t most, double chance);
