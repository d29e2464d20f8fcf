// The ground plane, in perspective: earth, sand, snow or asphalt, and where the
// place is the sea, water from the shore to the horizon.

#include "gateway/scene_parts.h"

#define FAR 5000.0f       // the ground ends here, in the haze
#define HAZE_DEPTH 190.0f // where half of the colour is haze
#define SHORE 21.0f       // metres from the origin, give or take REACH
#define REACH 10.0f

// The ground at one depth.
struct depth {
    float below;  // the horizon
    float away;   // from the eye
    float foot;   // metres of depth that a pixel covers
    float fade;   // into the haze
    float mirror; // 0..1: how much of the sky calm water shows
    float narrow; // 1 / square of the width of the sun's path
};

// The ground at one pixel.
struct spot {
    struct depth depth;
    float u;    // direction
    float x, z; // in the world
    float glow;
};

static struct depth depth_at(const struct view *w, float below)
{
    struct depth d = {.below = below, .away = w->y / below};
    float width = 0.035f + below * 0.34f; // wider near by
    d.foot = d.away / (below * w->focal);
    d.fade = d.away / (d.away + HAZE_DEPTH);
    d.mirror = 0.3f + 0.6f / (1 + below * 7);
    d.narrow = 1 / (width * width);
    return d;
}

float ground_shore(const struct scene *s, float x)
{
    if (s->theme.place != PLACE_SEA)
        return 1e9f;
    return SHORE + 13 * (tile_at(s->noise, x * 1.7f + 900, 77) - 0.5f);
}

// Noise at `scale` texels a metre, gone where a pixel covers too much of it.
static float detail(const struct scene *s, const struct spot *p, float scale,
                    float stretch)
{
    float keep = 1.6f - p->depth.foot * scale * stretch * 0.35f;
    if (keep <= 0)
        return 0.5f;
    float n = tile_at(s->noise, p->x * scale, p->z * scale * stretch);
    return keep >= 1 ? n : 0.5f + (n - 0.5f) * keep;
}

// Lines across the street, and the middle one along it.
static void paint_street(const struct spot *p, float *bright)
{
    float side = p->x < 0 ? -p->x : p->x;
    float soft = 0.02f + p->depth.away * 0.0012f;
    float dash = p->z / 7 - (float)(int)(p->z / 7);
    float fade = clamp01(1.4f - p->depth.foot * 0.3f);
    if (dash < 0.5f)
        *bright += 0.75f * fade * clamp01((0.09f - side) / soft + 0.5f);
    *bright +=
        0.55f *
        clamp01((0.1f - (side > 4.6f ? side - 4.6f : 4.6f - side)) / soft +
                0.5f);
}

static struct color land(const struct scene *s, const struct spot *p)
{
    const struct theme *t = &s->theme;
    float fields = detail(s, p, 1.1f, 1), clods = detail(s, p, 7, 1);
    float blades = detail(s, p, 34, 0.6f);
    float blotch = smooth01(0.3f, 0.7f, fields);
    float bright = 0.56f + 0.5f * clods + 0.36f * blades;
    if (t->place == PLACE_DESERT || t->place == PLACE_SNOW)
        bright = 0.8f + 0.16f * clods + 0.12f * blades +
                 0.22f * (detail(s, p, 2.4f, 4) - 0.5f);
    struct color c = color_mix(t->ground_a, t->ground_b, blotch);
    if (t->place == PLACE_CITY)
        paint_street(p, &bright);
    float lit = clamp01(0.3f + 0.5f * p->glow + 0.35f * clods);
    c = color_times(c, color_mix(t->palette.shade, t->palette.sunlight, lit));
    return color_scale(c, bright);
}

static struct color water(const struct scene *s, const struct view *w,
                          const struct spot *p)
{
    const struct palette *colors = &s->theme.palette;
    struct spot a = *p, b = *p;
    a.z += w->time * 0.9f;
    a.x += w->time * 0.35f;
    b.z -= w->time * 0.5f;
    b.x += w->time * 0.8f;
    float swell = detail(s, &a, 0.9f, 2.6f) + detail(s, &b, 3.1f, 2.2f) - 1;
    float ripple = detail(s, &b, 11, 1.8f) - 0.5f;
    float wave = swell + 0.7f * ripple;
    struct color up =
        sky_color(&s->sky, p->depth.below * 0.55f + 0.03f + 0.26f * wave);
    float mirror = clamp01(p->depth.mirror + 0.75f * wave);
    struct color c = color_mix(colors->water, up, mirror);
    // The sun's path, broken by the waves.
    float aside = p->u + w->bg_x - s->theme.sun_u;
    float path = 1 / (1 + aside * aside * p->depth.narrow);
    float spark = smooth01(-0.12f, 0.42f, wave + 0.05f);
    return color_mix(c, colors->sun,
                     clamp01(path * path * spark * 1.3f) *
                         (0.35f + 0.55f * colors->glow_strength));
}

static struct color shore(const struct scene *s, const struct view *w,
                          const struct spot *p)
{
    if (p->z > SHORE + REACH)
        return water(s, w, p);
    if (p->z < SHORE - REACH)
        return land(s, p);
    float lap = 0.5f * (tile_at(s->noise, p->x * 3, w->time * 9) - 0.5f);
    float out = p->z - ground_shore(s, p->x) - lap;
    float soft = 0.12f + p->depth.foot * 0.7f;
    float wet = clamp01(out / soft + 0.5f);
    if (wet >= 1 && out > 3)
        return water(s, w, p);
    struct color dry = land(s, p);
    float damp = 1 - 0.42f * clamp01(1 + out / 2.2f);
    dry = color_scale(dry, damp);
    if (wet <= 0)
        return dry;
    float foam = clamp01(1 - out / 1.6f) *
                 smooth01(0.3f, 0.6f, detail(s, p, 9, 2) + 0.15f);
    struct color crest = color_mix(s->theme.palette.horizon,
                                   (struct color){255, 255, 255}, 0.4f);
    crest = color_times(crest, color_mix(s->theme.palette.shade,
                                         s->theme.palette.sunlight, 0.75f));
    struct color sea = color_mix(water(s, w, p), crest, foam);
    return color_mix(dry, sea, wet);
}

// What the pixels of a row have in common.
struct ground {
    const struct scene *s;
    const struct view *w;
    const struct row *row;
    float edge;         // v at which the ground ends
    struct depth depth; // of all pixels, when the row is not rolled
};

// The ground as it is seen at pixel `i` of the row.
static struct color ground_at(const struct ground *g, int i)
{
    const struct scene *s = g->s;
    const struct view *w = g->w;
    const struct row *row = g->row;
    const struct palette *p = &s->theme.palette;
    bool sea = s->theme.place == PLACE_SEA;
    struct spot spot = {.depth = g->depth,
                        .u = row->u + (float)i * row->du,
                        .glow = row->glow[i]};
    if (row->dv != 0) {
        float v = row->v + (float)i * row->dv;
        spot.depth = depth_at(w, (v > g->edge ? v : g->edge) - w->horizon);
    }
    spot.x = w->x + spot.u * spot.depth.away;
    spot.z = w->z + spot.depth.away;
    struct color c = sea ? shore(s, w, &spot) : land(s, &spot);
    struct color haze = color_mix(p->haze, p->glow,
                                  clamp01(spot.glow * 0.8f) * p->glow_strength);
    return color_mix(c, haze, sea ? spot.depth.fade * 0.62f : spot.depth.fade);
}

// Worked out at every STEP-th pixel of a row: what is finer cannot be seen.
#define STEP 3

void ground_row(const struct scene *s, const struct view *w, struct row *row)
{
    float edge = w->horizon + w->y / FAR;
    int from, to;
    row_below(row, edge - 0.5f / w->focal, &from, &to);
    if (from >= to)
        return;
    struct ground g = {.s = s, .w = w, .row = row, .edge = edge};
    if (row->dv == 0)
        g.depth = depth_at(w, (row->v > edge ? row->v : edge) - w->horizon);
    struct color a = {0}, b = {0};
    int at = -1, ready = -1; // the pixels of a and b
    for (int i = row_next(row, from); i < to; i = row_next(row, i + 1)) {
        int node = i - (i - from) % STEP;
        if (at != node)
            a = node == ready ? b : ground_at(&g, node);
        at = node;
        struct color c = a;
        if (i != node && node + STEP < to) {
            if (ready != node + STEP)
                b = ground_at(&g, node + STEP);
            ready = node + STEP;
            c = color_mix(a, b, (float)(i - node) * (1.0f / STEP));
        }
        float v = row->v + (float)i * row->dv;
        row_lay(row, i, c, clamp01(0.5f + (v - edge) * w->focal));
    }
}
