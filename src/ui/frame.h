// One picture of a run in progress, as text. Pure: the state, the size of the
// terminal and the time are arguments.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct frame_row {
    const char *name;  // of the cell
    const char *state; // "running"
    double progress;   // 0..1; -1: not known
    int64_t since_ms;  // when it entered this state, on the clock of now_ms
};

struct frame {
    uint64_t cells, finished, failed;
    int64_t price; // thousandths spent now
    const struct frame_row *rows;
    size_t n;
    int64_t started_ms, now_ms;
    int columns, lines; // of the terminal
    bool color;
};

// The lines of the frame, each ended by "\n", none wider than `columns`.
// Returns how many.
int frame_draw(const struct frame *frame, struct buf *out);
