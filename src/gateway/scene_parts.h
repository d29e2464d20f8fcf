// What the files of the scene share. A picture is made a row at a time, and a
// row from the things in front to the sky.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gateway/camera.h"
#include "gateway/scene_noise.h"
#include "gateway/scene_row.h"
#include "gateway/scene_theme.h"
#include "gateway/scene_things.h"

#define SKY_TOP 0.62f // elevation where the gradient ends
#define SKY_STEPS 1024
#define HILLS 4
#define SCENE_THREADS 2 // that draw one picture
#define RIDGE 4096      // steps of a ridge line, then it repeats

struct sky {
    float red[SKY_STEPS], green[SKY_STEPS], blue[SKY_STEPS]; // from the horizon
    uint32_t *clouds; // cover << 16 | light, a tile
    uint8_t *stars;   // NULL by day
};

struct hill {
    float depth;
    float haze;   // 0..1: how far it has faded
    float follow; // how much of the background's pan it takes, 0..1
    float step;   // metres between two heights
    float steps;  // in a metre
    float top;    // the highest
    float height[RIDGE];
    float sharp[RIDGE]; // 1 / length of the edge's gradient, for its coverage
    struct color base;
    // The ridge at the columns of a picture that is not rolled, see
    // hill_look().
    float *height_seen, *sharp_seen;
};

// Two rows of a picture, finished, by channel.
struct made {
    uint8_t *at[2][3];
};

struct scene {
    struct theme theme;
    int width, height;
    struct grid *noise;
    struct sky sky;
    struct hill hills[HILLS]; // from the farthest
    struct sprites *sprites;
    struct crowd *crowd;
    struct crew *crew;
    struct row rows[SCENE_THREADS]; // what each of its members works in
    struct made made[SCENE_THREADS];
    float *aside; // square of the pixels from the middle, by column
    float *grain; // GRAIN rows of the width
};

void sky_init(struct sky *sky, const struct theme *theme);
void sky_free(struct sky *sky);

// The step of the sky's colour `e` above the horizon, without sun or clouds.
static inline int sky_step(float e)
{
    int step = (int)(e * ((SKY_STEPS - 1) / SKY_TOP));
    step = step < 0 ? 0 : step;
    return step < SKY_STEPS ? step : SKY_STEPS - 1;
}

// The sun's glow along the row; the other layers need it.
void sky_glow(const struct scene *s, const struct view *w, struct row *row);
void sky_row(const struct scene *s, const struct view *w, struct row *row);

void hills_init(struct scene *s);
void hills_free(struct scene *s);
// Before the rows of a picture that is not rolled; any of them as `row`.
void hill_look(struct hill *hill, const struct view *w, const struct row *row);
void hill_row(const struct scene *s, const struct hill *hill,
              const struct view *w, struct row *row);

void ground_row(const struct scene *s, const struct view *w, struct row *row);
// Where the water begins; far away where there is none.
float ground_shore(const struct scene *s, float x);

// The things that are in the picture, from the nearest. free().
#define CROWD_MAX 1024
struct crowd;
struct crowd *crowd_new(void);
void crowd_gather(struct crowd *crowd, const struct scene *s,
                  const struct view *w);
// Which of them are in some of the rows `from` .. `to` - 1: their number, they
// into `band` (CROWD_MAX).
int crowd_band(const struct crowd *crowd, int from, int to, short *band);
void crowd_row(const struct crowd *crowd, const short *band, int n, int y,
               struct row *row);
