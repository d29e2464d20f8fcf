// One picture of a clip, as a PNG: as it is shown, in its size, with square
// pixels and the right way up.

#pragma once

#include <stdbool.h>

#include "base/err.h"

enum frame_which {
    FRAME_FIRST,
    FRAME_LAST,
    FRAME_AT, // the one that is shown at a time
};

struct frame_pick {
    enum frame_which which;
    double seconds; // FRAME_AT: since the first; beyond the last it is the last
};

// Durable, by rename over `out`. ERR_DISK when a file cannot be read or
// written, ERR_FORMAT when the clip does not play that far.
bool media_frame(const char *path, const struct frame_pick *pick,
                 const char *out, int *width, int *height, struct err *err);
