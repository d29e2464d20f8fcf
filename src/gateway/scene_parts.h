// What the files of the scene share. A picture is made a row at a time: each
// layer paints over `row`, from the sky to the ground; the things come last,
// over the finished picture.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gateway/camera.h"
#include "gateway/scene_noise.h"
#include "gateway/scene_theme.h"
#include "gateway/scene_things.h"

#define SKY_TOP 0.62f // elevation where the gradient ends
#define SKY_STEPS 1024
#define HILLS 4
#define RIDGE 4096 // steps of a ridge line, then it repeats

// One row of the picture. Pixel i looks along (u + i * du, v + i * dv).
struct row {
    int width;
    float u, v, du, dv;
    float *rgb;  // 3 * width
    float *glow; // how much of the sun's glow is in this direction, 0..1
};

struct sky {
    struct color gradient[SKY_STEPS]; // from the horizon up
    uint32_t *clouds;                 // cover << 16 | light, a tile
    uint8_t *stars;                   // NULL by day
};

struct hill {
    float depth;
    float haze;   // 0..1: how far it has faded
    float follow; // how much of the background's pan it takes, 0..1
    float step;   // metres between two heights
    float top;    // the highest
    float height[RIDGE];
    float sharp[RIDGE]; // 1 / length of the edge's gradient, for its coverage
    struct color base;
};

struct scene {
    struct theme theme;
    int width, height;
    struct tile *noise;
    struct sky sky;
    struct hill hills[HILLS]; // from the farthest
    struct sprites *sprites;
    struct crowd *crowd;
    float *aside; // square of the pixels from the middle, by column, 3 times
    float *grain; // GRAIN rows of 3 * width
};

void sky_init(struct sky *sky, const struct theme *theme);
void sky_free(struct sky *sky);

// The sky's colour `e` above the horizon, without sun or clouds.
static inline struct color sky_color(const struct sky *sky, float e)
{
    return sky->gradient[(int)(clamp01(e / SKY_TOP) * (SKY_STEPS - 1))];
}

void sky_row(const struct scene *s, const struct view *w, struct row *row);

void hills_init(struct scene *s);
void hill_row(const struct scene *s, const struct hill *hill,
              const struct view *w, struct row *row);

void ground_row(const struct scene *s, const struct view *w, struct row *row);
// Where the water begins; far away where there is none.
float ground_shore(const struct scene *s, float x);

// The things that are in the picture, from the farthest. free().
struct crowd;
struct crowd *crowd_new(void);
void crowd_gather(struct crowd *crowd, const struct scene *s,
                  const struct view *w);
// Over the rows `first`, `first + step` and so on; many threads may.
void crowd_draw(const struct crowd *crowd, const struct view *w, int first,
                int step, uint8_t *rgb);

// Lay `c` over pixel `i`.
static inline void row_mix(struct row *row, int i, struct color c, float cover)
{
    float *at = row->rgb + 3 * i;
    at[0] += (c.r - at[0]) * cover;
    at[1] += (c.g - at[1]) * cover;
    at[2] += (c.b - at[2]) * cover;
}

// The pixels of `row` whose v is at least `v`: [*from, *to).
void row_below(const struct row *row, float v, int *from, int *to);
