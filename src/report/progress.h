// How far a run is, as words and as JSON. Pure.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"

struct progress {
    uint64_t cells; // of the run
    uint64_t delivered, failed;
    uint64_t running; // something of theirs is bought, or being bought
    uint64_t queued;  // the rest
    bool paused;      // nothing more is bought for now
    int64_t elapsed_ms;
    int64_t left_ms; // about; -1: nobody knows
    double rate;     // cells that ended a minute; -1: too early to say
    int64_t price;   // of what this run bought, thousandths of a credit
    // Of the recipe, by all its runs, in thousandths of a credit.
    bool has_money; // these four are known
    int64_t spent, reserved, unknown;
    int64_t unpriced; // purchases of which no price is known
    int64_t budget;   // -1: none
};

// "3 min left": behind "about "; nothing when nobody knows, or nothing is left.
// False then.
bool progress_left(const struct progress *progress, struct buf *out);
// "12 of 54 cells, 3 running, 1 failed; 60 credits; about 4 min left"
void progress_text(const struct progress *progress, struct buf *out);
// {"event":"progress","cells":54,…}; owned.
struct value *progress_event(const struct progress *progress);
