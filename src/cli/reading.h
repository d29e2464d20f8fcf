// Reading many files for a person: how far it is, and Ctrl-C.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/look.h"

struct reading {
    struct store_watch watch; // for store_see() and its like
    bool live;                // draws a line on a terminal
    int64_t bytes, total;     // total 0: not known
    int64_t drawn_ms;
    bool drawn;
};

// One at a time. Until reading_end(), Ctrl-C ends what `watch` watches; a
// second one ends the process.
void reading_begin(struct reading *reading, bool json);
void reading_end(struct reading *reading);
// Take the line away, before anything is printed.
void reading_clear(struct reading *reading);
bool reading_stopped(void);
