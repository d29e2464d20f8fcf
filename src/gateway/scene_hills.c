// Ridges behind the ground: the two farthest belong to the background and move
// with its pan.

#include <math.h>
#include <stdlib.h>

#include "base/cloned.h"
#include "base/mem.h"
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
        size_t width = (size_t)(s->width + ROW_EXTRA);
        hill->height_seen = xcalloc(width, sizeof(*hill->height_seen));
        hill->sharp_seen = xcalloc(width, sizeof(*hill->sharp_seen));
        hill->base = hill_color(&s->theme, i);
    }
}

void hills_free(struct scene *s)
{
    for (int i = 0; i < HILLS; i++) {
        free(s->hills[i].height_seen);
        free(s->hills[i].sharp_seen);
    }
}

// One hill in a picture, from pixel 0 of a run on.
struct slope {
    const struct hill *hill;
    float x, dx; // metres along the ridge
    float v, dv;
    float away;    // metres
    float rise;    // 1 / that
    float horizon; // v of it, where the hill's foot is
    float eye;     // its height
    float focal;
};

CLONED static void find_ridge(const struct slope s, int n,
                              float *restrict height, float *restrict sharp)
{
    const float *heights = s.hill->height, *sharps = s.hill->sharp;
    float steps = s.hill->steps;
    APART
    for (int i = 0; i < n; i++) {
        float at = (s.x + (float)i * s.dx) * steps;
        int left = (int)at - (at < 0), right = left + 1;
        float t = at - (float)left;
        left &= RIDGE - 1;
        right &= RIDGE - 1;
        height[i] = mix(heights[left], heights[right], t);
        sharp[i] = mix(sharps[left], sharps[right], t);
    }
}

// How much of each pixel it covers, and how far below the ridge that is.
CLONED static void find_edge(const struct slope s, int n, const float *height,
                             const float *sharp, float *restrict cover,
                             float *restrict deep)
{
    APART
    for (int i = 0; i < n; i++) {
        float edge =
            s.v + (float)i * s.dv - s.horizon - (s.eye - height[i]) * s.rise;
        cover[i] = clamp01(0.5f + edge * s.focal * sharp[i]);
        deep[i] = edge * s.away;
    }
}

struct coat {
    const struct grid *noise;
    float along, down; // texels of noise in a metre
    float haze, high;
    struct color base, mist, glow;
    float strength; // of the glow
};

struct wash {
    const float *deep, *height, *glow;
    float *red, *green, *blue;
};

CLONED static void color_hill(const struct coat coat, const struct slope s,
                              int n, const struct wash wash)
{
    float *restrict red = wash.red, *restrict green = wash.green;
    float *restrict blue = wash.blue;
    APART
    for (int i = 0; i < n; i++) {
        float deep = wash.deep[i], x = s.x + (float)i * s.dx;
        float texture = grid_at(coat.noise, x * coat.along,
                                (deep - wash.height[i]) * coat.down);
        float mist =
            coat.haze + (1 - coat.haze) * 0.72f * clamp01(deep * coat.high);
        struct color haze = color_mix(
            coat.mist, coat.glow, clamp01(wash.glow[i] * 0.8f) * coat.strength);
        struct color c = color_mix(
            color_scale(coat.base, 0.72f + 0.56f * texture), haze, mist);
        red[i] = c.r;
        green[i] = c.g;
        blue[i] = c.b;
    }
}

// Whether a block of it is nothing but air.
static bool is_bare(const float *cover)
{
    float most = 0;
    for (int k = 0; k < ROW_BLOCK; k++)
        most = cover[k] > most ? cover[k] : most;
    return most <= 0;
}

static void lay_run(const struct coat *coat, const struct slope *slope,
                    struct row *row, int at, int end)
{
    float **spare = row->spare, *cover = spare[0], *deep = spare[1];
    float *height = slope->hill->height_seen + at;
    float *sharp = slope->hill->sharp_seen + at;
    struct slope s = *slope;
    s.x += (float)at * s.dx;
    s.v += (float)at * s.dv;
    if (s.dv != 0) {
        height = spare[2];
        sharp = spare[3];
        find_ridge(s, end - at, height, sharp);
    }
    find_edge(s, end - at, height, sharp, cover, deep);
    int from = 0, to = end - at;
    while (from < to && is_bare(cover + from))
        from += ROW_BLOCK;
    while (from < to && is_bare(cover + to - ROW_BLOCK))
        to -= ROW_BLOCK;
    if (from >= to)
        return;
    s.x += (float)from * s.dx;
    struct wash wash = {deep + from, height + from, row->glow + at + from,
                        spare[4],    spare[5],      spare[6]};
    color_hill(*coat, s, to - from, wash);
    struct run run = {wash.red, wash.green, wash.blue, cover + from};
    row_lay(row, at + from, to - from, &run);
}

static struct slope slope_of(const struct hill *hill, const struct view *w,
                             const struct row *row)
{
    // Going forward never reaches a hill.
    float away = w->z > 0 ? hill->depth * hill->depth / (hill->depth + w->z)
                          : hill->depth - w->z;
    float side = w->x + w->bg_x * hill->follow * away;
    return (struct slope){.hill = hill,
                          .x = side + row->u * away,
                          .dx = row->du * away,
                          .v = row->v,
                          .dv = row->dv,
                          .away = away,
                          .rise = 1 / away,
                          .horizon = w->horizon + w->bg_y * hill->follow,
                          .eye = w->y,
                          .focal = w->focal};
}

void hill_look(struct hill *hill, const struct view *w, const struct row *row)
{
    find_ridge(slope_of(hill, w, row), row->whole, hill->height_seen,
               hill->sharp_seen);
}

void hill_row(const struct scene *s, const struct hill *hill,
              const struct view *w, struct row *row)
{
    const struct palette *p = &s->theme.palette;
    struct slope slope = slope_of(hill, w, row);
    float grain = 40 / hill->depth;
    int from, to;
    row_below(row,
              slope.horizon + (w->y - hill->top) / slope.away - 1 / w->focal,
              &from, &to);
    struct coat coat = {
        s->noise,   grain * 5, grain * 9, hill->haze,      1 / (hill->top + 1),
        hill->base, p->haze,   p->glow,   p->glow_strength};
    for (int at = from, end; row_run(row, &at, &end, to); at = end)
        lay_run(&coat, &slope, row, at, end);
}
