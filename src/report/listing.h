// What a ledger holds, in words: the rows of ledger/list.h as lines for people.
// Pure. What came from outside is made printable and bounded.

#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"
#include "ledger/list.h"

// "12 s", "3 min", "2 h", "5 days"; a time that has not come yet is "0 s".
void age_text(int64_t ms, struct buf *out);
// "2026-11-21 12:31:10 UTC"
void moment_text(int64_t wall_ms, struct buf *out);
// Text from outside: "\n" for a line's end, '?' for what cannot be printed, at
// most `max` bytes and how many more there are.
void shown_text(const char *text, size_t len, size_t max, struct buf *out);
// The price of a row that has "credits", after `before`. False, and nothing is
// written, when it has none.
bool price_text(const struct value *row, const char *before, struct buf *out);

enum run_course { RUN_ENDED, RUN_GOES_ON, RUN_DIED };
const char *run_course_name(enum run_course course); // "ended" "running" "died"
// "  done       orbit  2 min ago, took 9 s: tarmac run orbit.yaml". `again` is
// the run's command line.
void listing_run(const struct value *row, enum run_course course,
                 const char *again, int64_t now_ms, struct buf *out);

// One line of counts and one of money; what to do where there is nothing yet.
void listing_totals(const struct ledger_totals *totals, struct buf *out);
struct value *listing_totals_value(const struct ledger_totals *totals); // owned

// "  running    orbit/x4_r0  comet  25 credits  12 s  5f1c…", with the reason
// of one that ended badly on a line of its own.
void listing_attempt(const struct value *row, int64_t now_ms, struct buf *out);
// "2026-11-21 12:31:10 UTC  sent         orbit/x4_r0  comet  25 credits 5f1c…":
// a row of ledger_list_events(), on one line.
void listing_event(const struct value *row, struct buf *out);
// What to type about an attempt in this state ("open": in any state that a dead
// run left it in), for a command line that has run it; no newline. Nothing for
// a state that needs nobody.
void listing_next(const char *state, const char *again, struct buf *out);
