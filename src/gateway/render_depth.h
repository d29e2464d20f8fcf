// How near the parts of a picture are, guessed: the ground comes nearer from
// the horizon down, and what has contrast in the middle stands in front. Coarse
// and soft on purpose: a camera that moves by it tears nothing apart.

#pragma once

#include "base/cloned.h"
#include "gateway/scene_noise.h"
#include "media/image.h"

#define DEPTH_COLUMNS 48
#define DEPTH_ROWS 28

struct depth {
    float near[DEPTH_ROWS][DEPTH_COLUMNS]; // 0: far away .. 1: at our feet
};

struct depth depth_of(const struct image *image);

// At a place of the picture, (0, 0) its top left corner and (1, 1) the other;
// beyond the edge as at the edge.
INLINED float depth_at(const struct depth *d, float x, float y)
{
    x = x * DEPTH_COLUMNS - 0.5f;
    y = y * DEPTH_ROWS - 0.5f;
    x = x < 0 ? 0 : x > DEPTH_COLUMNS - 1 ? DEPTH_COLUMNS - 1 : x;
    y = y < 0 ? 0 : y > DEPTH_ROWS - 1 ? DEPTH_ROWS - 1 : y;
    int ix = (int)x, iy = (int)y;
    ix = ix < DEPTH_COLUMNS - 2 ? ix : DEPTH_COLUMNS - 2;
    iy = iy < DEPTH_ROWS - 2 ? iy : DEPTH_ROWS - 2;
    const float *at = &d->near[0][0] + iy * DEPTH_COLUMNS + ix;
    float fx = x - (float)ix, fy = y - (float)iy;
    return mix(mix(at[0], at[1], fx),
               mix(at[DEPTH_COLUMNS], at[DEPTH_COLUMNS + 1], fx), fy);
}
