// The previz renderer: a prompt and a camera move become a real clip. A scene
// in depth layers is drawn from the prompt's hash, and the camera moves
// through it (or over the image that the request gave).
//
// Pure functions of their arguments: the same spec gives the same bytes on one
// machine, from any thread, and any number of them may run at once.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RENDER_FPS 24
#define RENDER_SECONDS_MAX 60.0
#define RENDER_SIDE_MIN 64
#define RENDER_SIDE_MAX 1920

enum render_axis {
    RENDER_X,    // truck: positive moves the camera right
    RENDER_Y,    // pedestal: positive moves it up
    RENDER_Z,    // dolly: positive moves it forward
    RENDER_R,    // roll about the optical axis: positive turns it clockwise
    RENDER_BG_X, // pan of the background alone: positive to the right,
    RENDER_BG_Y, // and up, so that the sky moves left, and down
    RENDER_AXES
};

struct render_spec {
    const char *prompt; // UTF-8, any script
    const char *model;  // burnt in
    int width, height;  // even
    double seconds;
    double motion[RENDER_AXES]; // about -10..10, clamped at 20
    int64_t seed;               // -1: from the prompt alone
    const void *image;          // encoded first frame, or NULL
    size_t image_len;
};

// Render H.264 in MP4 to `clip`, and PNGs of the first and the last frame to
// `poster` and `last`. Blocking, for a thread of the pool. `progress` (may be
// NULL) is told the part that is done, 0..1, and returns false to stop, which
// is a failure too. After a failure none of the three files is left.
bool render_clip(const struct render_spec *spec, const char *clip,
                 const char *poster, const char *last,
                 bool (*progress)(void *arg, double done), void *arg,
                 struct err *err);

// "16:9" -> 1280x720 and so on; a pair of pixels ("1280:720") as it is when
// both are even and within RENDER_SIDE_MIN..RENDER_SIDE_MAX. `draft`: the same
// shape with a longer side of 320. False for a ratio that we do not know.
bool render_size(const char *ratio, bool draft, int *width, int *height);
