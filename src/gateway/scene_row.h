// One row of a picture in the making. Its layers are laid from the nearest to
// the farthest: what is hidden is never worked out.

#pragma once

#include <stdint.h>

#include "gateway/scene_theme.h"

// Pixel i looks along (u + i * du, v + i * dv).
struct row {
    int width;
    float u, v, du, dv;
    float *rgb;  // 3 * width: the light that has been laid
    float *keep; // width: how much of what is behind still shows, 0..1
    int *open;   // width + 1, see row_next()
    float *glow; // how much of the sun's glow is in this direction, 0..1
};

#define ROW_KEEP_MIN (1.0f / 600) // less of it cannot be seen

// The first pixel from `i` on that is not hidden yet; `width` when all are.
static inline int row_next(const struct row *row, int i)
{
    int *open = row->open;
    while (open[i] != i)
        i = open[i] = open[open[i]];
    return i;
}

// After this pixel `i` lets through `keep` of what is behind.
static inline void row_keep(struct row *row, int i, float keep)
{
    row->keep[i] = keep;
    if (keep < ROW_KEEP_MIN)
        row->open[i] = i + 1;
}

// Lay `c` behind what covers pixel `i`.
static inline void row_lay(struct row *row, int i, struct color c, float cover)
{
    float *at = row->rgb + 3 * i, part = row->keep[i] * cover;
    at[0] += c.r * part;
    at[1] += c.g * part;
    at[2] += c.b * part;
    row_keep(row, i, row->keep[i] - part);
}

// The pixels of `row` whose v is at least `v`: [*from, *to).
void row_below(const struct row *row, float v, int *from, int *to);
