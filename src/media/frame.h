// One picture of a clip: as it is shown, with square pixels and the right way
// up.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "media/image.h"

enum frame_which {
    FRAME_FIRST,
    FRAME_LAST,
    FRAME_AT, // the one that is shown at a time
};

struct frame_pick {
    enum frame_which which;
    double seconds; // FRAME_AT: since the first; beyond the last it is the last
};

// What it has to fit into; 0: there is no such limit.
struct frame_room {
    int width, height;
};

// Within `room`, and then of even sizes; where that has no limits, in its own
// size. ERR_DISK when the file cannot be read, ERR_FORMAT when it does not play
// that far.
bool media_picture(const char *path, const struct frame_pick *pick,
                   struct frame_room room, struct image *out, struct err *err);

// As a PNG in its own size, durable, by rename over `out`. ERR_DISK when a file
// cannot be read or written, ERR_FORMAT when the clip does not play that far.
bool media_frame(const char *path, const struct frame_pick *pick,
                 const char *out, int *width, int *height, struct err *err);
