// Ridges behind the ground: the two farthest belong to the background and move
// with its pan.

#include <math.h>

#include "gateway/scene_parts.h"

struct range {
    float depth, haze, follow;
    float height; // in metres
};

static const struct range ranges[HILLS] = {
    {1400, 0.80f, 1, 250},
    {760, 0.62f, 1, 118},
    {330, 0.42f, 0.12f, 40},
    {170, 0.26f, 0, 15},
};

// How much higher and how much rougher than gentle hills.
static const float tall[PLACES] = {1, 1.05f, 0.62f, 1.7f, 0.7f, 0.8f};
static const float rough[PLACES] = {0.45f, 0.6f, 0.6f, 1, 0.3f, 0.4f};

// A line of noise along the ridge that closes after RIDGE steps.
static float line(uint32_t seed, float at, int cells)
{
    float x = at * (float)cells;
    int i = (int)x;
    float a = noise_hash(seed, i % cells, cells);
    float b = noise_hash(seed, (i + 1) % cells, cells);
    return mix(a, b, smooth01(0, 1, x - (float)i));
}

static float hill_height(uint32_t seed, float at, float roughness)
{
    float sum = 0, weight = 1, total = 0;
    for (int cells = 13; cells <= 1664; cells *= 2) {
        sum += weight * line(seed + (uint32_t)cells, at, cells);
        total += weight;
        weight *= 0.32f + 0.24f * roughness;
    }
    return sum / total;
}

// Roofs: every house has one height, some have a narrower top.
static float roof_height(uint32_t seed, float at)
{
    const float houses = 220;
    float x = at * houses;
    int i = (int)x;
    float inside = x - (float)i;
    float h = noise_hash(seed, i, 1);
    h = 0.2f + 0.8f * h * h;
    if (noise_hash(seed, i, 2) < 0.35f && inside > 0.3f && inside < 0.7f)
        h += 0.12f;
    return h * (0.55f + 0.9f * line(seed, at, 9));
}

// Tree tops along the ridge.
static float tree_tops(uint32_t seed, float at)
{
    const float trees = 900;
    float x = at * trees;
    int i = (int)x;
    float from_middle = x - (float)i - 0.5f;
    float peak = 1 - 2 * (from_middle < 0 ? -from_middle : from_middle);
    return peak * (0.3f + 0.7f * noise_hash(seed, i, 3));
}

static void make_ridge(struct hill *hill, const struct theme *t, int layer)
{
    uint32_t seed = (uint32_t)(t->seed >> 13) + (uint32_t)layer * 7919u;
    float height = ranges[layer].height * tall[t->place];
    for (int i = 0; i < RIDGE; i++) {
        float at = (float)i / RIDGE;
        float h = hill_height(seed, at, rough[t->place]);
        if (t->place == PLACE_SEA) // capes and islands, water between them
            h = (h - 0.5f - 0.02f * (float)layer) * 2.1f;
        else if (t->place == PLACE_CITY && layer > 0)
            h = 0.1f * h + 0.75f * roof_height(seed, at);
        else
            h = (h - 0.22f) * 1.25f;
        if (layer >= 2 && (t->place == PLACE_FOREST || t->place == PLACE_SNOW))
            h += 0.16f * tree_tops(seed, at);
        hill->height[i] = h * height;
    }
}

static void measure(struct hill *hill)
{
    hill->top = hill->height[0];
    for (int i = 0; i < RIDGE; i++) {
        float before = hill->height[(i + RIDGE - 1) % RIDGE];
        float after = hill->height[(i + 1) % RIDGE];
        float slope = (after - before) / (2 * hill->step);
        hill->sharp[i] = 1 / sqrtf(1 + slope * slope);
        if (hill->height[i] > hill->top)
            hill->top = hill->height[i];
    }
}

static struct color hill_color(const struct theme *t, int layer)
{
    static const struct color stone[PLACES] = {
        [PLACE_MEADOW] = {84, 104, 62},  [PLACE_FOREST] = {48, 74, 50},
        [PLACE_SEA] = {74, 84, 78},      [PLACE_SNOW] = {206, 216, 232},
        [PLACE_DESERT] = {180, 116, 78}, [PLACE_CITY] = {70, 74, 86},
    };
    struct color c = stone[t->place];
    if (t->place == PLACE_SNOW && layer >= 2)
        c = (struct color){70, 88, 96}; // the trees on it
    return color_times(c,
                       color_mix(t->palette.shade, t->palette.sunlight, 0.42f));
}

void hills_init(struct scene *s)
{
    for (int i = 0; i < HILLS; i++) {
        struct hill *hill = &s->hills[i];
        hill->depth = ranges[i].depth;
        hill->haze = ranges[i].haze;
        hill->follow = ranges[i].follow;
        // About a pixel, and the same ridge whatever the picture's size.
        hill->step = hill->depth * 3.8f / RIDGE;
        hill->steps = 1 / hill->step;
        make_ridge(hill, &s->theme, i);
        measure(hill);
        hill->base = hill_color(&s->theme, i);
    }
}

struct ridge {
    float height, sharp;
};

static struct ridge ridge_at(const struct hill *hill, float x)
{
    float at = x * hill->steps;
    int i = (int)at - (at < 0);
    float t = at - (float)i;
    unsigned a = (unsigned)i & (RIDGE - 1), b = (a + 1) & (RIDGE - 1);
    return (struct ridge){mix(hill->height[a], hill->height[b], t),
                          mix(hill->sharp[a], hill->sharp[b], t)};
}

void hill_row(const struct scene *s, const struct hill *hill,
              const struct view *w, struct row *row)
{
    const struct palette *p = &s->theme.palette;
    // Going forward never reaches a hill.
    float away = w->z > 0 ? hill->depth * hill->depth / (hill->depth + w->z)
                          : hill->depth - w->z;
    float horizon = w->horizon + w->bg_y * hill->follow;
    float side = w->x + w->bg_x * hill->follow * away;
    float grain = 40 / hill->depth;
    int from, to;
    row_below(row, horizon + (w->y - hill->top) / away - 1 / w->focal, &from,
              &to);
    float rise = 1 / away, high = 1 / (hill->top + 1);
    for (int i = row_next(row, from); i < to; i = row_next(row, i + 1)) {
        float u = row->u + (float)i * row->du, v = row->v + (float)i * row->dv;
        float x = side + u * away;
        struct ridge ridge = ridge_at(hill, x);
        float edge = v - (horizon + (w->y - ridge.height) * rise);
        float cover = clamp01(0.5f + edge * w->focal * ridge.sharp);
        if (cover <= 0)
            continue;
        float deep = edge * away;
        float texture =
            tile_at(s->noise, x * grain * 5, (deep - ridge.height) * grain * 9);
        float mist =
            hill->haze + (1 - hill->haze) * 0.72f * clamp01(deep * high);
        struct color haze = color_mix(
            p->haze, p->glow, clamp01(row->glow[i] * 0.8f) * p->glow_strength);
        float bright = 0.72f + 0.56f * texture;
        struct color c = color_mix(color_scale(hill->base, bright), haze, mist);
        row_lay(row, i, c, cover);
    }
}
