// Sky, sun or moon, stars and drifting clouds.

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "gateway/scene_parts.h"

#define GLOW 26.0f        // how narrow the sun's glow is
#define SUN_RADIUS 0.024f // in focal lengths
#define CLOUD_SCALE 21.0f // texels of cloud in a focal length overhead
#define CLOUD_FLAT 0.1f   // keeps the horizon's clouds from getting too thin
#define CLOUD_DRIFT 1.4f  // texels in a second
#define STAR_SIDE 1024    // pixels, then the stars repeat
#define STARS 900

static void make_gradient(struct sky *sky, const struct palette *p)
{
    for (int i = 0; i < SKY_STEPS; i++) {
        float e = (float)i / (SKY_STEPS - 1);
        struct color low = color_mix(p->horizon, p->mid, smooth01(0, 0.42f, e));
        sky->gradient[i] = color_mix(low, p->zenith, smooth01(0.18f, 1, e));
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
    sky->stars = xcalloc(STAR_SIDE, STAR_SIDE);
    for (int i = 0; i < STARS; i++) {
        unsigned x = rng_next(&rng) % STAR_SIDE, y = rng_next(&rng) % STAR_SIDE;
        float bright = rng_unit(&rng);
        bright = 40 + 215 * bright * bright * bright;
        for (unsigned k = 0; k < 9; k++) {
            unsigned sx = (x + k % 3) % STAR_SIDE, sy = (y + k / 3) % STAR_SIDE;
            float add = bright * shape[k % 3] * shape[k / 3];
            float sum = (float)sky->stars[sy * STAR_SIDE + sx] + add;
            sky->stars[sy * STAR_SIDE + sx] = (uint8_t)(sum > 255 ? 255 : sum);
        }
    }
}

void sky_init(struct sky *sky, const struct theme *theme)
{
    make_gradient(sky, &theme->palette);
    make_clouds(sky, theme);
    if (theme->palette.stars > 0)
        make_stars(sky, theme);
}

void sky_free(struct sky *sky)
{
    free(sky->clouds);
    free(sky->stars);
}

static float star_at(const uint8_t *stars, float x, float y)
{
    int ix = (int)x - (x < 0), iy = (int)y - (y < 0);
    float fx = x - (float)ix, fy = y - (float)iy;
    const unsigned mask = STAR_SIDE - 1;
    const uint8_t *r0 = stars + ((unsigned)iy & mask) * STAR_SIDE;
    const uint8_t *r1 = stars + ((unsigned)(iy + 1) & mask) * STAR_SIDE;
    unsigned x0 = (unsigned)ix & mask, x1 = (x0 + 1) & mask;
    if (!(r0[x0] | r0[x1] | r1[x0] | r1[x1]))
        return 0;
    return mix(mix(r0[x0], r0[x1], fx), mix(r1[x0], r1[x1], fx), fy);
}

// Both halves of a and b at once, `t` of 256 from one to the other.
static uint32_t mix_pair(uint32_t a, uint32_t b, uint32_t t)
{
    return ((a * (256 - t) + b * t) >> 8) & 0xff00ffu;
}

// Cover and light of the clouds at a place of their tile, as they are stored.
static uint32_t cloud_at(const uint32_t *clouds, float x, float y)
{
    int ix = (int)x - (x < 0), iy = (int)y - (y < 0);
    uint32_t fx = (uint32_t)((x - (float)ix) * 256);
    uint32_t fy = (uint32_t)((y - (float)iy) * 256);
    const unsigned mask = TILE_SIDE - 1;
    const uint32_t *r0 = clouds + ((unsigned)iy & mask) * TILE_SIDE;
    const uint32_t *r1 = clouds + ((unsigned)(iy + 1) & mask) * TILE_SIDE;
    unsigned x0 = (unsigned)ix & mask, x1 = (x0 + 1) & mask;
    return mix_pair(mix_pair(r0[x0], r0[x1], fx), mix_pair(r1[x0], r1[x1], fx),
                    fy);
}

// The sky is soft: it is worked out at every NODE-th pixel of a row, and
// between two of those it is mixed. The sun's edge and the stars are not.
#define NODE 8

struct node {
    struct color color;
    float glow;
    float clear; // 1: no cloud
};

static float glow_at(const struct scene *s, float u, float e)
{
    float du = u - s->theme.sun_u, de = e - s->theme.sun_e;
    return 1 / (1 + GLOW * (du * du + 1.6f * de * de));
}

static struct node node_at(const struct scene *s, const struct view *w, float u,
                           float e)
{
    const struct palette *p = &s->theme.palette;
    struct node n = {.glow = glow_at(s, u, e), .clear = 1};
    n.color = color_mix(sky_color(&s->sky, e), p->glow,
                        clamp01(n.glow * p->glow_strength));
    if (e <= 0)
        return n;
    float near = 1 / (e + CLOUD_FLAT);
    uint32_t cloud = cloud_at(
        s->sky.clouds, u * near * CLOUD_SCALE * 0.8f + w->time * CLOUD_DRIFT,
        near * CLOUD_SCALE * 1.6f);
    float cover = (float)(int)(cloud >> 16) * (0.9f / 255) * clamp01(e * 9);
    float light = (float)(int)(cloud & 255) * (1.0f / 255);
    struct color tint =
        color_mix(p->cloud_dark, p->cloud_lit, clamp01(light + n.glow * 0.5f));
    n.color = color_mix(n.color, tint, cover);
    n.clear = 1 - cover;
    return n;
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

void sky_glow(const struct scene *s, const struct view *w, struct row *row)
{
    float u = row->u + w->bg_x, e = w->horizon + w->bg_y - row->v;
    float a = glow_at(s, u, e), b;
    for (int i = 0; i < row->width; i += NODE, a = b) {
        float next = (float)(i + NODE);
        b = glow_at(s, u + next * row->du, e - next * row->dv);
        float step = (b - a) / NODE;
        for (int k = 0; k < NODE && i + k < row->width; k++)
            row->glow[i + k] = a + (float)k * step;
    }
}

// The sky between two nodes, the first of them at pixel `i`.
static void between(const struct scene *s, const struct view *w,
                    struct row *row, int i, const struct node *a,
                    const struct node *b, bool lights)
{
    float u = row->u + w->bg_x, e = w->horizon + w->bg_y - row->v;
    for (int k = 0; k < NODE && i + k < row->width; k++) {
        float t = (float)k * (1.0f / NODE), x = (float)(i + k);
        struct color c = color_mix(a->color, b->color, t);
        if (lights)
            c = add_lights(s, w, u + x * row->du, e - x * row->dv,
                           mix(a->clear, b->clear, t), c);
        float *at = row->rgb + 3 * (i + k), keep = row->keep[i + k];
        at[0] += c.r * keep;
        at[1] += c.g * keep;
        at[2] += c.b * keep;
    }
}

void sky_row(const struct scene *s, const struct view *w, struct row *row)
{
    float u = row->u + w->bg_x, e = w->horizon + w->bg_y - row->v;
    struct node a, b;
    int ready = -1; // the pixel of b
    for (int i = 0; (i = row_next(row, i)) < row->width; i += NODE) {
        i -= i % NODE;
        float here = (float)i, next = (float)(i + NODE);
        float nu = u + next * row->du, ne = e - next * row->dv;
        a = ready == i ? b
                       : node_at(s, w, u + here * row->du, e - here * row->dv);
        b = node_at(s, w, nu, ne);
        ready = i + NODE;
        float du = nu - s->theme.sun_u, de = ne - s->theme.sun_e;
        between(s, w, row, i, &a, &b,
                s->sky.stars ||
                    du * du + de * de < 4 * SUN_RADIUS * SUN_RADIUS);
        if (i + NODE >= row->width)
            break;
    }
}
