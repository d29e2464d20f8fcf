// Where in a picture the eye looks: a mesh over the frame, a point of it every
// LOOK_CELL pixels, bent by the picture's depth.

#pragma once

#include <stdbool.h>

#include "gateway/camera.h"
#include "gateway/render_depth.h"
#include "gateway/render_still.h"

#define LOOK_CELL 8 // pixels from a point of the mesh to the next

// What the camera does, in the picture's terms: lengths in focal lengths.
struct aim {
    const struct depth *depth;
    const struct view *view;
    const struct still_part *part; // NULL: none
    float x, y, z;                 // metres
    float pan_x, pan_y;
    float closer;         // 1 at rest
    float scale;          // pixels of a texel
    float width, height;  // of the picture, in texels
    float half_w, half_h; // of the picture, in pixels
};

// `depth` is the picture's, which is `width` by `height`. All are borrowed.
struct aim look_aim(const struct depth *depth, int width, int height,
                    const struct view *view, const struct still_part *part);

// Pixels of the frame for a texel, when the picture just fills the frame.
float look_scale(int width, int height, const struct view *view);

// Whether each pixel is the picture's own.
bool look_is_at_rest(const struct aim *aim);

// Two rows of the mesh: the texels that are seen at its points, the centre of
// the first one at (0, 0).
struct mesh {
    int points;
    float *x[2], *y[2]; // above, below
    // For itself: a row in pixels, and how far from there it looks.
    float *from_x, *from_y, *off_x, *off_y;
    float *memory;
};

// Before mesh_move() to row `y`.
struct mesh mesh_open(const struct aim *aim, int y);
void mesh_close(struct mesh *mesh);

// To the cells whose first row is `y`, which follow.
void mesh_move(struct mesh *mesh, const struct aim *aim, int y);
