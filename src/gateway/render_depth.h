// How near the parts of a picture are, guessed: the ground comes nearer from
// the horizon down, and what has contrast in the middle stands in front. Coarse
// and soft on purpose: a camera that moves by it tears nothing apart.

#pragma once

#include "media/image.h"

#define DEPTH_COLUMNS 48
#define DEPTH_ROWS 28

struct depth {
    float near[DEPTH_ROWS][DEPTH_COLUMNS]; // 0: far away .. 1: at our feet
};

struct depth depth_of(const struct image *image);

// At a place of the picture, (0, 0) its top left corner and (1, 1) the other;
// beyond the edge as at the edge.
float depth_at(const struct depth *depth, float x, float y);
