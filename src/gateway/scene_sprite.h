// Pictures of single things, with transparency, painted once from polygons and
// then drawn at any size and turn.

#pragma once

#include <stdint.h>

#include "gateway/camera.h"
#include "gateway/scene_row.h"
#include "gateway/scene_theme.h"

#define SPRITE_LEVELS 7

struct extent {
    float from, to; // columns of level 0
};

// Premultiplied RGBA; what has colour but no cover is light that adds up.
// Coordinates of painting: heights of the thing, x from its middle, y up from
// the ground that it stands on.
struct sprite {
    int width[SPRITE_LEVELS], height[SPRITE_LEVELS];
    uint8_t *rgba;                   // level 0, while it is painted
    uint32_t *texels[SPRITE_LEVELS]; // R lowest, a border of 1 around
    // What a bilinear sample in a row, or in the row of half its size, may
    // meet.
    struct extent *extents[SPRITE_LEVELS];
    float unit;   // texels of a thing's height, level 0
    float ox, oy; // the texel of (0, 0)
};

struct point {
    float x, y;
};

// A transparent one, `texels` for its height of 1; x reaches from -wide to
// wide, y from -under to `over`.
struct sprite *sprite_new(int texels, float wide, float under, float over);
void sprite_free(struct sprite *sprite);
void sprite_finish(struct sprite *sprite); // once painted, before drawing

// Paint, with soft edges, over what is there; `cover` 0..1. At most 64 points.
void paint_polygon(struct sprite *s, const struct point *points, int n,
                   struct color color, float cover);
void paint_rect(struct sprite *s, float x0, float y0, float x1, float y1,
                struct color color);
void paint_ellipse(struct sprite *s, float x, float y, float rx, float ry,
                   struct color color, float cover);
void paint_glow(struct sprite *s, float x, float y, float radius,
                struct color color, float strength);

// Where and how a sprite is drawn.
struct stand {
    float u, v;  // its (0, 0), in focal lengths, before the roll
    float scale; // focal lengths of its height
    float cover; // 0..1
    float fade;  // 0..1, into `haze`
    struct color haze;
};

// A sprite in its place: the way from a pixel of the picture to a texel.
struct placed {
    const struct sprite *sprite;
    float x, y;   // texel of the picture's pixel (0, 0)
    float xx, xy; // texels per pixel to the right
    float yx, yy; // and down
    int level;
    uint32_t toward;    // 0..256: toward the next level
    int x0, y0, x1, y1; // the pixels that may be touched
    float pixels;       // 1 / xx
    float own, cover;   // factors on its colour, and on 255 times its cover
    struct color haze;  // for 255 times its cover
};

struct placed sprite_place(const struct sprite *s, const struct stand *at,
                           const struct view *view);

// Lay what is in row `y`, of y0 to y1, behind what is there.
void placed_row(const struct placed *placed, int y, struct row *row);
