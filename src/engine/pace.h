// How fast: submits under way, and when to ask again. Pure: the time and the
// randomness come in as arguments. Times are milliseconds of one clock.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// Submits to one gateway. The window shrinks by half when the service says that
// it is too much, and grows by one for every window of acceptances.
struct pace {
    int limit;     // ceiling of the window
    double window; // 1..limit
    int own;       // attempts of this run that hold a place
    int64_t closed_until;
    int64_t cut_ms; // when the window last shrank; one burst counts once
    int slow;       // how often in a row the service has said so
};

void pace_init(struct pace *pace, int limit);

// May one more be submitted, when other runs have `others` open? A run with
// nothing under way always may have one, so that rows which nobody looks after
// never stop a gateway for good.
bool pace_may(const struct pace *pace, int64_t others, int64_t now);

// How long until time alone could change the answer; 0: it could not.
int64_t pace_closed_for(const struct pace *pace, int64_t now);

void pace_accepted(struct pace *pace);
// The service said "too fast"; `retry_after_ms` -1: it did not say how long.
void pace_too_fast(struct pace *pace, int64_t retry_after_ms, int64_t now);

// Retry-After in milliseconds, at most an hour; -1: not a number of seconds.
int64_t pace_retry_after(const char *header);

// Delay before poll `n` (0: the first) of a task: never below `poll_min`.
// `chance` is in [0, 1).
int64_t pace_poll_delay(int n, int64_t poll_min, double chance);

// Delay before retry `n` (0: the first): doubles from `first` to `most`.
int64_t pace_back_off(int n, int64_t first, int64_t most, double chance);
