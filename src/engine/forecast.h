// When a task is likely to be done, and so when to ask for it. Pure: ages of
// tasks in milliseconds since their acceptance, and randomness, come in as
// arguments. One forecast is of tasks of one kind.
//
// What is learned of a task is a range: it still ran at `least`, and was found
// ended at `most`. Only the service's work is in it, no download; and since
// nothing later than the poll that found it counts as known, a late poll does
// not make the next one later still. Ranges are made one distribution by
// expectation and maximisation (Turnbull), so that "it had ended when we first
// asked" says no more than it does; then each is widened, as the hump that it
// belongs to is wide, and the more the fewer are in that.
//
// The policy: every poll costs a request, every wait costs lag, which is half
// of the time between two polls, wherever they are. So a poll is left out where
// hardly anything ends: before the first of them is likely to be done, and
// between two humps, as where some are answered out of a cache. There the next
// poll is put where it saves the most, while the expected lag stays within
// FORECAST_SHARE of what polling all the time would have. Where the service's
// times are all alike that puts it right behind them. All else is polled at the
// least time; never closer, so no task is ever asked for more often than
// without a forecast.
//
// Where the least time is shorter than FORECAST_USUAL_MS, the time between two
// polls is chosen: the square root of (2 x what a task still takes, on average,
// x what a poll is worth in lag), which is the best for a constant chance of
// ending. It never exceeds the usual.
//
// A service that has become faster or slower is found out by ranges that lie
// outside what is known, several in few: all that is older is forgotten. One
// task in eight is asked for somewhat earlier, once, so that this is seen even
// where every task is done by its first poll. A task that is far older than any
// that is known may hang: the time between its polls grows with its age.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORECAST_KNOWN 101 // the newest
#define FORECAST_ZONES 6
#define FORECAST_SHARE 0.01
#define FORECAST_USUAL_MS 5000
#define FORECAST_WORTH_MS 50 // of lag, a poll

struct forecast_range {
    double least, most;
};
struct forecast {
    struct forecast_range known[FORECAST_KNOWN];
    int n, next; // a ring
    int unseen;  // learned since the last look
    double early, late;
    double worth; // of a poll; 0: FORECAST_WORTH_MS
    // Of the last look:
    int64_t floor;
    double low, high, most; // quantiles, and the largest that is known
    bool planned;           // else the rest was not asked for since
    int n_zones;
    struct forecast_range zones[FORECAST_ZONES]; // no poll in between
    double step;                                 // between polls elsewhere
};

// All zero is empty. What cannot be (no number, beyond a month) is left out.
void forecast_learn(struct forecast *f, double least, double most);

// How long to wait with the next poll of a task of this age, which was polled,
// or accepted (`first`), just now: at least `floor`, which is positive.
// `chance` is in [0, 1).
int64_t forecast_wait(struct forecast *f, int64_t floor, int64_t age,
                      bool first, double chance);

// The same for one of which a callback will tell: only when it is clearly late.
// `unknown_ms`: its age then, where nothing is known.
int64_t forecast_patience(struct forecast *f, int64_t floor, int64_t age,
                          int64_t unknown_ms);
// Is it, as far as is known now?
bool forecast_is_late(struct forecast *f, int64_t floor, int64_t age,
                      int64_t unknown_ms);
