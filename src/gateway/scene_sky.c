// Sky, sun or moon, stars and drifting clouds.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/scene_parts.h"

#define GLOW 26.0f        // how narrow the sun's glow is
#define SUN_RADIUS 0.024f // in focal lengths
#define CLOUD_SCALE 21.0f // texels of cloud in a focal length overhead
#define CLOUD_FLAT 0.1f   // keeps the horizon's clouds from getting too thin
#define CLOUD_DRIFT 1.4f  // texels in a second
#define STAR_SIDE 1024    // pixels, then the stars repeat
#define STARS 900
#define STAR_LINE (STAR_SIDE + 16) // a row, and its first ones again

static void make_gradient(struct sky *sky, const struct palette *p)
{
    for (int i = 0; i < SKY_STEPS; i++) {
        float e = (float)i / (SKY_STEPS - 1);
        struct color low = color_mix(p->horizon, p->mid, smooth01(0, 0.42f, e));
        struct color c = color_mix(low, p->zenith, smooth01(0.18f, 1, e));
        sky->red[i] = c.r;
        sky->green[i] = c.g;
        sky->blue[i] = c.b;
    }
}

static void make_clouds(struct sky *sky, const struct theme *theme)
{
    struct tile *noise = tile_new((uint32_t)theme->seed ^ 0x51ed27u, 8, 6);
    sky->clouds = xmalloc(sizeof(*sky->clouds) * TILE_SIDE * TILE_SIDE);
    float least = 0.66f - 0.3f * theme->cloudiness;
    float toward = theme->sun_u < 0 ? -7.0f : 7.0f;
    for (int y = 0; y < TILE_SIDE; y++) {
        for (int x = 0; x < TILE_SIDE; x++) {
            float fx = (float)x, fy = (float)y;
            float here = tile_at(noise, fx, fy);
            float there = tile_at(noise, fx + toward + TILE_SIDE, fy + 5);
            float light = 0.5f + 2.6f * (here - there) - 0.35f * (here - 0.6f);
            float cover = smooth01(least, least + 0.3f, here);
            sky->clouds[y * TILE_SIDE + x] = (uint32_t)(255 * cover) << 16 |
                                             (uint32_t)(255 * clamp01(light));
        }
    }
    free(noise);
}

static void make_stars(struct sky *sky, const struct theme *theme)
{
    static const float shape[3] = {0.28f, 1, 0.28f};
    struct rng rng = {theme->seed ^ 0x57a25u};
    sky->stars = xcalloc(STAR_SIDE, STAR_LINE);
    for (int i = 0; i < STARS; i++) {
        unsigned x = rng_next(&rng) % STAR_SIDE, y = rng_next(&rng) % STAR_SIDE;
        float bright = rng_unit(&rng);
        bright = 40 + 215 * bright * bright * bright;
        for (unsigned k = 0; k < 9; k++) {
            unsigned sx = (x + k % 3) % STAR_SIDE, sy = (y + k / 3) % STAR_SIDE;
            float add = bright * shape[k % 3] * shape[k / 3];
            float sum = (float)sky->stars[sy * STAR_LINE + sx] + add;
            sky->stars[sy * STAR_LINE + sx] = (uint8_t)(sum > 255 ? 255 : sum);
        }
    }
    for (size_t y = 0; y < STAR_SIDE; y++)
        memcpy(sky->stars + y * STAR_LINE + STAR_SIDE,
               sky->stars + y * STAR_LINE, STAR_LINE - STAR_SIDE);
}

void sky_init(struct sky *sky, const struct theme *theme)
{
    make_gradient(sky, &theme->palette);
    make_clouds(sky, theme);
    if (theme->palette.stars > 0) {
        make_stars(sky, theme);
    }
}

void sky_free(struct sky *sky)
{
    free(sky->clouds);
    free(sky->stars);
}

static const uint8_t *star_row(const uint8_t *stars, int y)
{
    return stars + ((unsigned)y & (STAR_SIDE - 1)) * STAR_LINE;
}

static float star_at(const uint8_t *stars, float x, float y)
{
    int ix = (int)x - (x < 0), iy = (int)y - (y < 0);
    float fx = x - (float)ix, fy = y - (float)iy;
    unsigned at = (unsigned)ix & (STAR_SIDE - 1);
    const uint8_t *r0 = star_row(stars, iy) + at;
    const uint8_t *r1 = star_row(stars, iy + 1) + at;
    if (!(r0[0] | r0[1] | r1[0] | r1[1]))
        return 0;
    return mix(mix(r0[0], r0[1], fx), mix(r1[0], r1[1], fx), fy);
}

// Whether there are stars right of (x, y), as far as a block reaches.
static bool stars_near(const uint8_t *stars, float x, float y)
{
    int ix = (int)x - (x < 0), iy = (int)y - (y < 0);
    unsigned at = (unsigned)(ix - 1) & (STAR_SIDE - 1);
    uint64_t a[2], b[2]; // two more than a block takes, for the rounding
    memcpy(a, star_row(stars, iy) + at, sizeof(a));
    memcpy(b, star_row(stars, iy + 1) + at, sizeof(b));
    return a[0] | a[1] | b[0] | b[1];
}

// Both halves of a and b at once, `t` of 256 from one to the other.
INLINED uint32_t mix_pair(uint32_t a, uint32_t b, uint32_t t)
{
    return ((a * (256 - t) + b * t) >> 8) & 0xff00ffu;
}

// Cover and light of the clouds at a place of their tile, as they are stored.
INLINED uint32_t cloud_at(const uint32_t *clouds, float x, float y)
{
    int sx = (int)(x * 256), sy = (int)(y * 256), ix = sx >> 8, iy = sy >> 8;
    uint32_t fx = (uint32_t)(sx & 255), fy = (uint32_t)(sy & 255);
    const int mask = TILE_SIDE - 1;
    int above = (iy & mask) * TILE_SIDE, below = ((iy + 1) & mask) * TILE_SIDE;
    int left = ix & mask, right = (ix + 1) & mask;
    return mix_pair(mix_pair(clouds[above + left], clouds[above + right], fx),
                    mix_pair(clouds[below + left], clouds[below + right], fx),
                    fy);
}

// The sky is soft: it is worked out where the blocks of a row begin, and mixed
// between. The sun's edge and the stars are not.
struct nodes {
    float *red, *green, *blue;
    float *clear; // 1: no cloud
};

// Where the nodes of a run look.
struct aim {
    float u, e, du, de; // of the first; from one to the next
    float drift;        // texels of cloud
};

INLINED float glow_at(float u, float e, float sun_u, float sun_e)
{
    float du = u - sun_u, de = e - sun_e;
    return 1 / (1 + GLOW * (du * du + 1.6f * de * de));
}

CLONED static void fill_nodes(const struct sky *sky, const struct theme *t,
                              const struct aim aim, int n,
                              const struct nodes to)
{
    const struct palette p = t->palette;
    const uint32_t *clouds = sky->clouds;
    const float sun_u = t->sun_u, sun_e = t->sun_e;
    float *restrict red = to.red, *restrict green = to.green;
    float *restrict blue = to.blue, *restrict clear = to.clear;
    APART
    for (int i = 0; i < n; i++) {
        float u = aim.u + (float)i * aim.du, e = aim.e + (float)i * aim.de;
        float glow = glow_at(u, e, sun_u, sun_e), up = e > 0 ? e : 0;
        int step = sky_step(e);
        struct color c = {sky->red[step], sky->green[step], sky->blue[step]};
        c = color_mix(c, p.glow, clamp01(glow * p.glow_strength));
        float near = 1 / (up + CLOUD_FLAT);
        uint32_t cloud =
            cloud_at(clouds, u * near * CLOUD_SCALE * 0.8f + aim.drift,
                     near * CLOUD_SCALE * 1.6f);
        float cover =
            (float)(int)(cloud >> 16) * (0.9f / 255) * clamp01(up * 9);
        float light = (float)(int)(cloud & 255) * (1.0f / 255);
        struct color tint =
            color_mix(p.cloud_dark, p.cloud_lit, clamp01(light + glow * 0.5f));
        c = color_mix(c, tint, cover);
        red[i] = c.r;
        green[i] = c.g;
        blue[i] = c.b;
        clear[i] = 1 - cover;
    }
}

// What is sharp in the sky, behind the clouds.
static struct color add_lights(const struct scene *s, const struct view *w,
                               float u, float e, float clear, struct color c)
{
    float du = u - s->theme.sun_u, de = e - s->theme.sun_e;
    float far = du * du + de * de;
    if (far < SUN_RADIUS * SUN_RADIUS * 1.3f) {
        float edge = (SUN_RADIUS - sqrtf(far)) * w->focal;
        c = color_mix(c, s->theme.palette.sun,
                      clamp01(0.5f + edge * 0.6f) * (0.15f + 0.85f * clear));
    } else if (s->sky.stars && e > 0) {
        float star = star_at(s->sky.stars, u * w->focal, e * w->focal);
        if (star > 0)
            c = color_mix(c, s->theme.palette.sun,
                          star * clamp01(e * 5) * clear / 255);
    }
    return c;
}

// `from` at the nodes, widened to their blocks.
CLONED static void widen(const float *restrict from, int blocks,
                         float *restrict to)
{
    APART
    for (int i = 0; i < blocks; i++) {
        float step = (from[i + 1] - from[i]) * (1.0f / ROW_BLOCK);
        for (int k = 0; k < ROW_BLOCK; k++)
            to[i * ROW_BLOCK + k] = from[i] + (float)k * step;
    }
}

CLONED static void glow_along(const struct theme *t, const struct aim aim,
                              int n, float *restrict to)
{
    const float sun_u = t->sun_u, sun_e = t->sun_e;
    APART
    for (int i = 0; i < n; i++)
        to[i] = glow_at(aim.u + (float)i * aim.du, aim.e + (float)i * aim.de,
                        sun_u, sun_e);
}

static struct aim aim_of(const struct view *w, const struct row *row, int at)
{
    float x = (float)at;
    return (struct aim){.u = row->u + w->bg_x + x * row->du,
                        .e = w->horizon + w->bg_y - row->v - x * row->dv,
                        .du = ROW_BLOCK * row->du,
                        .de = -ROW_BLOCK * row->dv,
                        .drift = w->time * CLOUD_DRIFT};
}

void sky_glow(const struct scene *s, const struct view *w, struct row *row)
{
    int blocks = row->whole / ROW_BLOCK + 1; // and the nodes beyond the edge
    glow_along(&s->theme, aim_of(w, row, 0), blocks + 1, row->spare[0]);
    widen(row->spare[0], blocks, row->glow);
}

// The lights of a block, the first pixel of which is `at`.
static void light_block(const struct scene *s, const struct view *w,
                        const struct aim *aim, const float *clear,
                        const struct nodes *to, int at)
{
    for (int k = 0; k < ROW_BLOCK; k++) {
        float t = (float)k * (1.0f / ROW_BLOCK);
        struct color c = {to->red[at + k], to->green[at + k], to->blue[at + k]};
        c = add_lights(s, w, aim->u + t * aim->du, aim->e + t * aim->de,
                       mix(clear[0], clear[1], t), c);
        to->red[at + k] = c.r;
        to->green[at + k] = c.g;
        to->blue[at + k] = c.b;
    }
}

// Whether a block may have lights.
static bool is_lit(const struct scene *s, const struct view *w,
                   const struct aim *aim)
{
    float du = aim->u + aim->du / 2 - s->theme.sun_u;
    float de = aim->e + aim->de / 2 - s->theme.sun_e;
    if (du * du + de * de < 4 * SUN_RADIUS * SUN_RADIUS)
        return true;
    if (!s->sky.stars)
        return false;
    return aim->de != 0 ||
           stars_near(s->sky.stars, aim->u * w->focal, aim->e * w->focal);
}

static void lay_run(const struct scene *s, const struct view *w,
                    struct row *row, int at, int end)
{
    float **spare = row->spare;
    int blocks = (end - at) / ROW_BLOCK;
    struct nodes nodes = {spare[0], spare[1], spare[2], spare[3]};
    struct nodes wide = {spare[4], spare[5], spare[6], NULL};
    struct aim aim = aim_of(w, row, at);
    fill_nodes(&s->sky, &s->theme, aim, blocks + 1, nodes);
    widen(nodes.red, blocks, wide.red);
    widen(nodes.green, blocks, wide.green);
    widen(nodes.blue, blocks, wide.blue);
    for (int i = 0; i < blocks; i++, aim.u += aim.du, aim.e += aim.de)
        if (is_lit(s, w, &aim))
            light_block(s, w, &aim, nodes.clear + i, &wide, i * ROW_BLOCK);
    struct run run = {wide.red, wide.green, wide.blue, NULL};
    row_fill(row, at, end - at, &run);
}

void sky_row(const struct scene *s, const struct view *w, struct row *row)
{
    for (int at = 0, end; row_run(row, &at, &end, row->width); at = end)
        lay_run(s, w, row, at, end);
}
