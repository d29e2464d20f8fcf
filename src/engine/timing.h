// When a task is asked for: at the time that forecast.h finds, or at once when
// its callback says so.
//
// A task that waits for its callback is asked for by itself only when it is
// late: 1.5 times the longest that is known (more, where few are), or a bound
// where nothing is. Which of them wait is found out by calls.h; the built-in
// service is trusted from the start. Once callbacks are found not to come, all
// who wait for theirs are asked for at once, as far as that is due.

#pragma once

#include "engine/inside.h"

int64_t timing_least(const struct purchase *p); // between two polls of it
int64_t timing_next(struct purchase *p);        // how long to wait now
// That time is over; but what was learned meanwhile may say that its callback
// is not late yet: how much longer, or 0.
int64_t timing_still(struct purchase *p);
// When somebody wants to know: not closer to its last poll than we ever ask,
// whoever it is that wants it.
int64_t timing_hint(struct purchase *p);

// Of what was heard: does it say more than that it goes on? False: the hint is
// forgotten.
bool timing_called(struct purchase *p);

// It waits for its callback no more, for now; it needs none ever.
void timing_rest(struct purchase *p);
void timing_leave(struct purchase *p);
void timing_heard(struct engine *engine, const char *token); // a callback came
void timing_grace_over(void *arg);                           // of a gate

void timing_accepted(struct purchase *p);
void timing_ran(struct purchase *p); // its last poll says so
// Its last poll says that it has ended; well, or not. What is learned of it.
struct ledger_took timing_ended(struct purchase *p, bool well);
