// The ground plane, in perspective: earth, sand, snow or asphalt, and where the
// place is the sea, water from the shore to the horizon.

#include "base/cloned.h"
#include "gateway/scene_parts.h"

#define FAR 5000.0f       // the ground ends here, in the haze
#define HAZE_DEPTH 190.0f // where half of the colour is haze
#define SHORE 21.0f       // metres from the origin, give or take REACH
#define REACH 10.0f

// Worked out at every STEP-th pixel of a row: what is finer cannot be seen.
#define STEP 3

// The ground at those pixels: a list of each number, in the row's spare ones.
struct nodes {
    int n;
    float *x, *z;         // in the world
    float *below;         // the horizon
    float *foot;          // metres of depth that a pixel covers
    float *fade;          // into the haze
    float *glow;          // of the sun, in this direction
    float *a, *b, *c, *d; // noise
};

struct colors {
    float *red, *green, *blue;
};

// What is between the eye and the nodes of a row.
struct sight {
    float x, y, z; // the eye
    float focal;
    float horizon, edge; // v of them; the ground ends at the edge
    float u, v, du, dv;  // of the first node, and from one to the next
};

CLONED static void place_nodes(const struct sight w, const struct nodes to,
                               const float *glow)
{
    float *restrict x = to.x, *restrict z = to.z, *restrict foot = to.foot;
    float *restrict below = to.below, *restrict fade = to.fade;
    float *restrict lit = to.glow;
    APART
    for (int i = 0; i < to.n; i++) {
        float u = w.u + (float)i * w.du, v = w.v + (float)i * w.dv;
        float down = (v > w.edge ? v : w.edge) - w.horizon;
        float away = w.y / down;
        below[i] = down;
        x[i] = w.x + u * away;
        z[i] = w.z + away;
        foot[i] = away / (down * w.focal);
        fade[i] = away / (away + HAZE_DEPTH);
        lit[i] = glow[STEP * i];
    }
}

// Noise at `scale` texels a metre, gone where a pixel covers too much of it.
struct detail {
    const struct grid *noise;
    float scale, stretch;
    float dx, dz; // metres that it has moved
};

CLONED static void look_up(const struct detail d, const struct nodes at,
                           float *restrict to)
{
    const float *x = at.x, *z = at.z, *foot = at.foot;
    float blur = d.scale * d.stretch * 0.35f;
    float long_ways = d.scale * d.stretch;
    APART
    for (int i = 0; i < at.n; i++) {
        float noise = grid_at(d.noise, (x[i] + d.dx) * d.scale,
                              (z[i] + d.dz) * long_ways);
        to[i] = 0.5f + (noise - 0.5f) * clamp01(1.6f - foot[i] * blur);
    }
}

static void detail(const struct detail *d, const struct nodes *at, float *to)
{
    float a = at->foot[0], b = at->foot[at->n - 1];
    if (1.6f - (a < b ? a : b) * d->scale * d->stretch * 0.35f > 0)
        look_up(*d, *at, to);
    else
        for (int i = 0; i < at->n; i++)
            to[i] = 0.5f;
}

// Lines across the street, and the middle one along it.
CLONED static void paint_street(const struct nodes at, float eye,
                                float *restrict bright)
{
    const float *x = at.x, *z = at.z, *foot = at.foot;
    APART
    for (int i = 0; i < at.n; i++) {
        float side = x[i] < 0 ? -x[i] : x[i];
        float soft = 1 / (0.02f + (z[i] - eye) * 0.0012f);
        float dash = z[i] / 7 - (float)(int)(z[i] / 7);
        float fade = clamp01(1.4f - foot[i] * 0.3f);
        float middle = clamp01((0.09f - side) * soft + 0.5f);
        float edge = side > 4.6f ? side - 4.6f : 4.6f - side;
        bright[i] += 0.75f * fade * (dash < 0.5f ? middle : 0) +
                     0.55f * clamp01((0.1f - edge) * soft + 0.5f);
    }
}

// How bright the ground is: a sum of what its noises weigh.
struct mixture {
    float base, clods, blades, drifts;
};

CLONED static void brighten(const struct mixture m, const struct nodes at,
                            float *restrict drifts)
{
    const float *clods = at.b, *blades = at.c;
    APART
    for (int i = 0; i < at.n; i++)
        drifts[i] = m.base + m.clods * clods[i] + m.blades * blades[i] +
                    m.drifts * drifts[i];
}

struct soil {
    struct color a, b, shade, sunlight;
};

CLONED static void color_land(const struct soil soil, const struct nodes at,
                              const struct colors to)
{
    float *restrict red = to.red, *restrict green = to.green;
    float *restrict blue = to.blue;
    const float *fields = at.a, *clods = at.b, *bright = at.d;
    APART
    for (int i = 0; i < at.n; i++) {
        float lit = clamp01(0.3f + 0.5f * at.glow[i] + 0.35f * clods[i]);
        struct color c =
            color_mix(soil.a, soil.b, smooth01(0.3f, 0.7f, fields[i]));
        c = color_times(c, color_mix(soil.shade, soil.sunlight, lit));
        red[i] = c.r * bright[i];
        green[i] = c.g * bright[i];
        blue[i] = c.b * bright[i];
    }
}

static void land(const struct scene *s, const struct view *w,
                 const struct nodes *at, const struct colors *to)
{
    static const struct mixture earth = {0.56f, 0.5f, 0.36f, 0};
    static const struct mixture sand = {0.69f, 0.16f, 0.12f, 0.22f};
    const struct theme *t = &s->theme;
    bool drifts = t->place == PLACE_DESERT || t->place == PLACE_SNOW;
    detail(&(struct detail){s->noise, 1.1f, 1}, at, at->a);
    detail(&(struct detail){s->noise, 7, 1}, at, at->b);
    detail(&(struct detail){s->noise, 34, 0.6f}, at, at->c);
    if (drifts)
        detail(&(struct detail){s->noise, 2.4f, 4}, at, at->d);
    brighten(drifts ? sand : earth, *at, at->d);
    if (t->place == PLACE_CITY)
        paint_street(*at, w->z, at->d);
    struct soil soil = {t->ground_a, t->ground_b, t->palette.shade,
                        t->palette.sunlight};
    color_land(soil, *at, *to);
}

// What the sea is coloured by.
struct waters {
    const struct sky *sky;
    struct color deep, sun;
    float x, z;  // the eye
    float aside; // from the sun to the middle of the picture
    float glow;
};

CLONED static void color_water(const struct waters w, const struct nodes at,
                               const struct colors to)
{
    float *restrict red = to.red, *restrict green = to.green;
    float *restrict blue = to.blue;
    const float *low = at.a, *high = at.b, *ripple = at.c;
    APART
    for (int i = 0; i < at.n; i++) {
        float below = at.below[i];
        float wave = low[i] + high[i] - 1 + 0.7f * (ripple[i] - 0.5f);
        float e = below * 0.55f + 0.03f + 0.26f * wave;
        int step = sky_step(e);
        struct color c = {w.sky->red[step], w.sky->green[step],
                          w.sky->blue[step]};
        // How much of the sky calm water shows.
        float calm = 0.3f + 0.6f / (1 + below * 7);
        c = color_mix(w.deep, c, clamp01(calm + 0.75f * wave));
        // The sun's path, wider near by, broken by the waves.
        float wide = 0.035f + below * 0.34f;
        float aside = (at.x[i] - w.x) / (at.z[i] - w.z) + w.aside;
        float path = 1 / (1 + aside * aside / (wide * wide));
        float spark = smooth01(-0.12f, 0.42f, wave + 0.05f);
        c = color_mix(c, w.sun, clamp01(path * path * spark * 1.3f) * w.glow);
        red[i] = c.r;
        green[i] = c.g;
        blue[i] = c.b;
    }
}

static void water(const struct scene *s, const struct view *w,
                  const struct nodes *at, const struct colors *to)
{
    const struct palette *p = &s->theme.palette;
    float ax = w->time * 0.35f, az = w->time * 0.9f;
    float bx = w->time * 0.8f, bz = -w->time * 0.5f;
    detail(&(struct detail){s->noise, 0.9f, 2.6f, ax, az}, at, at->a);
    detail(&(struct detail){s->noise, 3.1f, 2.2f, bx, bz}, at, at->b);
    detail(&(struct detail){s->noise, 11, 1.8f, bx, bz}, at, at->c);
    struct waters waters = {.sky = &s->sky,
                            .deep = p->water,
                            .sun = p->sun,
                            .x = w->x,
                            .z = w->z,
                            .aside = w->bg_x - s->theme.sun_u,
                            .glow = 0.35f + 0.55f * p->glow_strength};
    color_water(waters, *at, *to);
}

// The line where land and water meet.
struct surf {
    const struct grid *noise;
    float lap; // where in the noise the waves are
    struct color crest;
};

INLINED float line_at(const struct grid *noise, float x)
{
    return SHORE + 13 * (grid_at(noise, x * 1.7f + 900, 77) - 0.5f);
}

// `dry` becomes both.
CLONED static void join(const struct surf surf, const struct nodes at,
                        const struct colors dry, const struct colors wet)
{
    float *restrict red = dry.red, *restrict green = dry.green;
    float *restrict blue = dry.blue;
    APART
    for (int i = 0; i < at.n; i++) {
        float x = at.x[i];
        float lap = 0.5f * (grid_at(surf.noise, x * 3, surf.lap) - 0.5f);
        float out = at.z[i] - line_at(surf.noise, x) - lap;
        float part = clamp01(out / (0.12f + at.foot[i] * 0.7f) + 0.5f);
        float damp = 1 - 0.42f * clamp01(1 + out * (1 / 2.2f));
        float foam = clamp01(1 - out * (1 / 1.6f)) *
                     smooth01(0.3f, 0.6f, at.d[i] + 0.15f);
        struct color sea = {wet.red[i], wet.green[i], wet.blue[i]};
        struct color c = {red[i] * damp, green[i] * damp, blue[i] * damp};
        c = color_mix(c, color_mix(sea, surf.crest, foam), part);
        red[i] = c.r;
        green[i] = c.g;
        blue[i] = c.b;
    }
}

float ground_shore(const struct scene *s, float x)
{
    return s->theme.place == PLACE_SEA ? line_at(s->noise, x) : 1e9f;
}

static void shore(const struct scene *s, const struct view *w,
                  const struct nodes *at, const struct colors *to,
                  const struct colors *other)
{
    float near = at->z[0], far = at->z[at->n - 1];
    if (near > far) {
        near = far;
        far = at->z[0];
    }
    if (near > SHORE + REACH) {
        water(s, w, at, to);
        return;
    }
    land(s, w, at, to);
    if (far < SHORE - REACH)
        return;
    water(s, w, at, other);
    detail(&(struct detail){s->noise, 9, 2}, at, at->d);
    const struct palette *p = &s->theme.palette;
    struct color white = {255, 255, 255};
    struct color crest = color_times(color_mix(p->horizon, white, 0.4f),
                                     color_mix(p->shade, p->sunlight, 0.75f));
    join((struct surf){s->noise, w->time * 9, crest}, *at, *to, *other);
}

struct haze {
    struct color color, glow;
    float strength, most;
};

CLONED static void fade(const struct haze h, const struct nodes at,
                        const struct colors to)
{
    float *restrict red = to.red, *restrict green = to.green;
    float *restrict blue = to.blue;
    APART
    for (int i = 0; i < at.n; i++) {
        struct color haze =
            color_mix(h.color, h.glow, clamp01(at.glow[i] * 0.8f) * h.strength);
        float part = at.fade[i] * h.most;
        red[i] = mix(red[i], haze.r, part);
        green[i] = mix(green[i], haze.g, part);
        blue[i] = mix(blue[i], haze.b, part);
    }
}

// The pixels between `n` nodes.
CLONED static void widen(const float *restrict from, int n, float *restrict to)
{
    APART
    for (int i = 0; i < n - 1; i++) {
        float step = (from[i + 1] - from[i]) * (1.0f / STEP);
        to[STEP * i] = from[i];
        to[STEP * i + 1] = from[i] + step;
        to[STEP * i + 2] = from[i] + 2 * step;
    }
}

CLONED static void find_cover(float v, float dv, float edge, float focal, int n,
                              float *restrict to)
{
    APART
    for (int i = 0; i < n; i++)
        to[i] = clamp01(0.5f + (v + (float)i * dv - edge) * focal);
}

static void lay_run(const struct scene *s, const struct view *w,
                    struct row *row, float edge, int at, int end)
{
    float **spare = row->spare;
    const struct palette *p = &s->theme.palette;
    bool sea = s->theme.place == PLACE_SEA;
    int first = at / STEP, here = first * STEP;
    struct nodes nodes = {(end - 1) / STEP + 2 - first,
                          spare[0],
                          spare[1],
                          spare[2],
                          spare[3],
                          spare[4],
                          spare[5],
                          spare[6],
                          spare[7],
                          spare[8],
                          spare[9]};
    struct colors colors = {spare[10], spare[11], spare[12]};
    struct colors wide = {spare[13], spare[14], spare[15]};
    struct sight sight = {w->x,
                          w->y,
                          w->z,
                          w->focal,
                          w->horizon,
                          edge,
                          row->u + (float)here * row->du,
                          row->v + (float)here * row->dv,
                          STEP * row->du,
                          STEP * row->dv};
    place_nodes(sight, nodes, row->glow + here);
    if (sea)
        shore(s, w, &nodes, &colors, &wide);
    else
        land(s, w, &nodes, &colors);
    fade((struct haze){p->haze, p->glow, p->glow_strength, sea ? 0.62f : 1},
         nodes, colors);
    widen(colors.red, nodes.n, wide.red);
    widen(colors.green, nodes.n, wide.green);
    widen(colors.blue, nodes.n, wide.blue);
    float *cover = spare[0]; // where the nodes are is no longer needed
    find_cover(row->v + (float)at * row->dv, row->dv, edge, w->focal, end - at,
               cover);
    int inside = at - here;
    struct run run = {wide.red + inside, wide.green + inside,
                      wide.blue + inside, cover};
    row_lay(row, at, end - at, &run);
}

void ground_row(const struct scene *s, const struct view *w, struct row *row)
{
    float edge = w->horizon + w->y / FAR;
    int from, to;
    row_below(row, edge - 0.5f / w->focal, &from, &to);
    for (int at = from, end; row_run(row, &at, &end, to); at = end)
        lay_run(s, w, row, edge, at, end);
}
