// What of a picture has changed on a terminal that shows an earlier one, below
// lines that scroll away: as the bytes to write. Pure.
//
// Only the cursor is moved, up, down and to the first column; it rests on the
// line below the picture. Nothing is set that would have to be set back.

#pragma once

#include <stdbool.h>

#include "base/buf.h"

struct screen {
    char *picture; // that is shown; NULL: none
    int columns, lines;
};

// Add what brings a terminal of this size from what it shows to `above`, which
// scrolls away, and `picture` below it; lines, each ended by "\n". `all`: write
// lines that have not changed, too, because somebody else may have written on
// them. Nothing when nothing has changed.
void screen_draw(struct screen *screen, const char *above, const char *picture,
                 int columns, int lines, bool all, struct buf *out);
// Leave what is shown where it is, and begin anew below the cursor.
void screen_forget(struct screen *screen);
