// One picture of a run in progress, as text. Pure: the state, the size of the
// terminal and the time are arguments.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/progress.h"

struct frame_row {
    const char *name;  // of the cell
    const char *state; // "running"
    double progress;   // 0..1; -1: not known
    int64_t since_ms;  // when it entered this state, on the clock of now_ms
};

struct frame {
    const struct progress *progress;
    const struct frame_row *rows; // the first ones: frame_rows() are enough
    size_t n;                     // of them
    size_t all;                   // that there are
    int64_t now_ms;
    int columns, lines; // of the terminal
    bool color;
    bool ascii; // it shows nothing else
};

// How many rows a terminal of so many lines can show at most.
size_t frame_rows(int lines);

// The lines of the frame, each ended by "\n", none wider than `columns`, and
// fewer than `lines`. Returns how many.
int frame_draw(const struct frame *frame, struct buf *out);

// Text from anywhere as a terminal may have it: what would act on it is '?',
// and with `ascii` what it cannot show has other letters. Newlines and tabs
// stay.
void frame_clean(const char *text, bool ascii, struct buf *out);
