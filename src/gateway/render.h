// The previz renderer: an order becomes a real clip. A scene in depth layers is
// drawn from the prompt's hash, or a given picture gets depth, or a given film
// is taken; and a camera moves through it.
//
// Pure functions of their arguments and of the files that these name: the same
// spec gives the same bytes on one machine, from any thread, and any number of
// them may run at once.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RENDER_FPS 24
#define RENDER_SECONDS_MAX 60.0
#define RENDER_SIDE_MIN 64
#define RENDER_SIDE_MAX 1920
#define RENDER_UPSCALE_MAX 3840 // of RENDER_UPSCALE

enum render_kind {
    RENDER_SHOT,    // a scene, or a picture, and a camera
    RENDER_RESTYLE, // a film in the prompt's colours, and a camera
    RENDER_PERFORM, // a character that moves as a film does
    RENDER_UPSCALE, // a film in another size
};

enum render_axis {
    RENDER_X,    // truck: positive moves the camera right
    RENDER_Y,    // pedestal: positive moves it up
    RENDER_Z,    // dolly: positive moves it forward
    RENDER_R,    // roll about the optical axis: positive turns it clockwise
    RENDER_BG_X, // pan of the background alone: positive to the right,
    RENDER_BG_Y, // and up, so that the sky moves left, and down
    RENDER_AXES
};

// An encoded picture, see media/image.h; len 0: none.
struct render_bytes {
    const void *bytes;
    size_t len;
};

// All of it is borrowed.
struct render_spec {
    enum render_kind kind;
    const char *prompt; // UTF-8, any script
    const char *model;  // burnt in
    int width, height;  // even; both 0: as the film, or the picture, has it
    double seconds;     // 0: as long as the film
    double motion[RENDER_AXES];     // about -10..10, clamped at 20
    int64_t seed;                   // -1: from the prompt alone
    struct render_bytes image;      // SHOT: the first picture
    struct render_bytes last_image; // SHOT: the last
    struct render_bytes character;  // PERFORM: who is moved, or
    const char *character_film;     // the same, a clip's path; NULL: none
    const char *film; // path; RESTYLE, UPSCALE: what is shown, PERFORM: how
    double strength;  // 0..1: RESTYLE: how far from the film, PERFORM: how
                      // expressive; below 0: not said
    bool body;        // PERFORM: the body too, not the head alone
};

// What came of it.
struct render_facts {
    int width, height;
    int frames;
    double seconds;
};

// Render H.264 in MP4 to `clip`, and PNGs of the first and the last frame to
// `poster` and `last`. Blocking, for a thread of a pool. `progress` (may be
// NULL) is told the part that is done, 0..1, once or many times, and returns
// false to stop, which is a failure too. ERR_FORMAT: the spec, or a picture or
// film in it, cannot be rendered. After a failure none of the three files is
// left.
bool render_clip(const struct render_spec *spec, const char *clip,
                 const char *poster, const char *last,
                 bool (*progress)(void *arg, double done), void *arg,
                 struct render_facts *facts, struct err *err);

// RENDER_SHOT only: a PNG of the scene or of the picture, no words on it.
bool render_picture(const struct render_spec *spec, const char *png,
                    struct render_facts *facts, struct err *err);

// "16:9" -> 1280x720 and so on; a pair of pixels ("1280:720") as it is when
// both are even and within RENDER_SIDE_MIN..RENDER_SIDE_MAX. `draft`: the same
// shape with a longer side of 320. False for a ratio that we do not know.
bool render_size(const char *ratio, bool draft, int *width, int *height);

// The shape of a picture `grow` times as large, or with a longer side of `most`
// where that is smaller; even, and not below RENDER_SIDE_MIN.
void render_size_like(int width, int height, int grow, int most, int *out_width,
                      int *out_height);
