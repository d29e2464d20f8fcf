// The camera: where it stands and how it is turned at a moment of the clip.
// World units are about metres; x right, y up, z into the picture, the ground
// at y = 0. What is `far` from it projects to
//
//     u = (x - view.x) / (z - view.z),  v = horizon - (y - view.y) / (z -
//     view.z)
//
// in focal lengths from the picture's centre, v downward, before the roll.

#pragma once

#define CAMERA_EYE 3.0f // height of the eye at rest

struct view {
    int width, height;
    float focal;        // in pixels
    float horizon;      // v of the horizon
    float x, y, z;      // of the eye
    float cosine, sine; // of the roll; positive turns the camera clockwise
    float bg_x, bg_y;   // the background's pan, in focal lengths
    float time;         // seconds since the first frame
    float falloff;      // of the lens, see camera_light()
};

// The view at `part` (0..1) of a clip of `seconds`; `motion` is indexed by enum
// render_axis. The move eases in and out, so that at 0 every move is at rest.
struct view camera_view(const double *motion, double seconds, double part,
                        int width, int height);

// How much light reaches the picture (dx, dy) pixels from its centre: 1 there,
// less in the corners.
static inline float camera_light(const struct view *w, float dx, float dy)
{
    return 1 - w->falloff * (dx * dx + dy * dy);
}

// Sine and cosine of an angle in degrees, the same bits everywhere.
void camera_sincos(double degrees, double *sine, double *cosine);
