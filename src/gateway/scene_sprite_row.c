// Sprites in the rows of a picture.

#include <stdbool.h>

#include "base/cloned.h"
#include "gateway/scene_sprite.h"

// Two channels of a texel, 8 bits in every 16.
#define PAIR 0xff00ffu
#define HALF 0x800080u

// The way along a row of pixels in a level; by value: so the compiler need not
// expect it to change.
struct path {
    const uint32_t *texels;
    int stride;
    float x, y, dx, dy; // of the pixels, in texels with their border
    int wide, tall;     // where the level ends, in 256ths of them
};

struct pairs {
    uint32_t rb, ga;
};

// Bilinear at pixel `i` of a path; beyond the level there is nothing.
INLINED struct pairs sample(const struct path p, int i)
{
    float x = p.x + (float)i * p.dx, y = p.y + (float)i * p.dy;
    int sx = (int)(x * 256), sy = (int)(y * 256);
    sx = sx < 0 ? 0 : sx;
    sy = sy < 0 ? 0 : sy;
    sx = sx > p.wide ? p.wide : sx;
    sy = sy > p.tall ? p.tall : sy;
    int ix = sx >> 8, iy = sy >> 8;
    uint32_t fx = (uint32_t)(sx & 255), fy = (uint32_t)(sy & 255);
    uint32_t both = fx * fy >> 8;
    uint32_t w00 = 256 - fx - fy + both, w10 = fx - both, w01 = fy - both;
    int at = iy * p.stride + ix;
    uint32_t a = p.texels[at], b = p.texels[at + 1];
    uint32_t c = p.texels[at + p.stride], d = p.texels[at + p.stride + 1];
    return (struct pairs){((a & PAIR) * w00 + (b & PAIR) * w10 +
                           (c & PAIR) * w01 + (d & PAIR) * both + HALF) >>
                                  8 &
                              PAIR,
                          ((a >> 8 & PAIR) * w00 + (b >> 8 & PAIR) * w10 +
                           (c >> 8 & PAIR) * w01 + (d >> 8 & PAIR) * both +
                           HALF) >>
                                  8 &
                              PAIR};
}

// One product, where two weights take two: what is borrowed comes back.
INLINED uint32_t mix_pair(uint32_t a, uint32_t b, uint32_t toward)
{
    return ((a << 8) + (b - a) * toward + HALF) >> 8 & PAIR;
}

// Two rows of texels, channel by channel, become one, `fy` of 256 from the
// upper to the lower.
CLONED static void mix_rows(const uint8_t *upper, const uint8_t *lower, int n,
                            uint16_t fy, uint8_t *restrict to)
{
    APART
    for (int i = 0; i < n; i++) {
        uint16_t sum = (uint16_t)((uint16_t)(upper[i] * (uint16_t)(256 - fy)) +
                                  (uint16_t)(lower[i] * fy));
        to[i] = (uint8_t)((uint16_t)(sum + 128) >> 8);
    }
}

// The same as sample() where all of the path lies in one row of texels.
INLINED struct pairs sample_level(const struct path p, int i)
{
    int sx = (int)((p.x + (float)i * p.dx) * 256);
    sx = sx < 0 ? 0 : sx;
    sx = sx > p.wide ? p.wide : sx;
    uint32_t a = p.texels[sx >> 8], b = p.texels[(sx >> 8) + 1];
    uint32_t fx = (uint32_t)(sx & 255);
    return (struct pairs){mix_pair(a & PAIR, b & PAIR, fx),
                          mix_pair(a >> 8 & PAIR, b >> 8 & PAIR, fx)};
}

struct placed sprite_place(const struct sprite *s, const struct stand *at,
                           const struct view *w)
{
    float scale = at->scale * w->focal; // pixels of the thing's height
    float k = s->unit / scale;
    struct placed m = {.sprite = s,
                       .xx = w->cosine * k,
                       .xy = w->sine * k,
                       .yx = -w->sine * k,
                       .pixels = 1 / (w->cosine * k),
                       .yy = w->cosine * k,
                       .own = (1 - at->fade) * at->cover,
                       .cover = at->cover / 255};
    m.haze = color_scale(at->haze, at->fade * m.cover);
    float hw = (float)w->width / 2, hh = (float)w->height / 2;
    float ax = at->u * w->focal, ay = at->v * w->focal;
    m.x = s->ox - k * (ax + w->cosine * hw - w->sine * hh);
    m.y = s->oy - k * (ay + w->sine * hw + w->cosine * hh);
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
    for (int i = 0; i < 4; i++) {
        float u = ax + ((float)(i % 2 * s->width[0]) - s->ox) / k;
        float v = ay + ((float)(i / 2 * s->height[0]) - s->oy) / k;
        float x = hw + w->cosine * u + w->sine * v;
        float y = hh - w->sine * u + w->cosine * v;
        x0 = x < x0 ? x : x0, x1 = x > x1 ? x : x1;
        y0 = y < y0 ? y : y0, y1 = y > y1 ? y : y1;
    }
    m.x0 = x0 < 0 ? 0 : x0 > (float)w->width ? w->width : (int)x0;
    m.y0 = y0 < 0 ? 0 : y0 > (float)w->height ? w->height : (int)y0;
    m.x1 = x1 < 0 ? 0 : x1 + 1 > (float)w->width ? w->width : (int)x1 + 1;
    m.y1 = y1 < 0 ? 0 : y1 + 1 > (float)w->height ? w->height : (int)y1 + 1;
    for (; k >= 2 && m.level + 1 < SPRITE_LEVELS; k /= 2)
        m.level++;
    // Mixed with the next level only where it must be, for it costs twice.
    if (k > 1.5f && k < 2 && m.level + 1 < SPRITE_LEVELS)
        m.toward = (uint32_t)((k - 1.5f) * 512);
    return m;
}

// The columns of row `y`, of a sprite that is not rolled, that can meet it.
static void level_columns(const struct placed *m, int y, int *from, int *to)
{
    const struct sprite *s = m->sprite;
    float row = m->y + ((float)y + 0.5f) * m->yy;
    int level = m->level + 1 < SPRITE_LEVELS ? m->level + 1 : m->level;
    *from = *to = 0;
    if (row < 0 || row >= (float)s->height[0])
        return;
    struct extent e = s->extents[level][(int)row >> level];
    float low = (e.from - m->x) * m->pixels, high = (e.to - m->x) * m->pixels;
    low = low > (float)m->x0 ? low : (float)m->x0;
    high = high < (float)m->x1 ? high : (float)m->x1;
    if (low >= high)
        return;
    *from = (int)low;
    *to = high + 1 > (float)m->x1 ? m->x1 : (int)high + 1;
}

// The columns of row `y` that can meet the sprite at all.
static void columns(const struct placed *m, int y, int *from, int *to)
{
    const struct sprite *s = m->sprite;
    const float start[2] = {m->x + ((float)y + 0.5f) * m->yx,
                            m->y + ((float)y + 0.5f) * m->yy};
    const float step[2] = {m->xx, m->xy};
    const float size[2] = {(float)s->width[0], (float)s->height[0]};
    float low = (float)m->x0, high = (float)m->x1;
    for (int i = 0; i < 2; i++) {
        if (step[i] > -1e-6f && step[i] < 1e-6f) {
            if (start[i] < 0 || start[i] > size[i])
                high = low;
            continue;
        }
        float a = -start[i] / step[i], b = (size[i] - start[i]) / step[i];
        float least = a < b ? a : b, most = a < b ? b : a;
        low = least > low ? least : low;
        high = most < high ? most : high;
    }
    *from = *to = 0;
    if (low < high) {
        *from = (int)low;
        *to = high + 1 > (float)m->x1 ? m->x1 : (int)high + 1;
    }
}

static struct path path_of(const struct placed *p, int level, int x, int y)
{
    const float k = 1.0f / (float)(1 << level);
    const float fx = (float)x + 0.5f, fy = (float)y + 0.5f;
    const struct sprite *s = p->sprite;
    return (struct path){
        .texels = s->texels[level],
        .stride = s->width[level] + 2,
        .x = (p->x + fx * p->xx + fy * p->yx) * k + 0.5f,
        .y = (p->y + fx * p->xy + fy * p->yy) * k + 0.5f,
        .dx = p->xx * k,
        .dy = p->xy * k,
        // Not into the border: the texel after it is looked up too.
        .wide = s->width[level] * 256 + 255,
        .tall = s->height[level] * 256 + 255};
}

struct light {
    float *red, *green, *blue, *keep;
};

// How a sprite is coloured.
struct dye {
    uint32_t toward;
    float own, cover;
    struct color haze;
};

// Inlined with constants for `level` (not rolled) and `mixed` (with the next
// level), so that the loop has no choice to make. Colour has been multiplied by
// its cover.
INLINED void lay_pixels(const struct light to, int n, const struct path fine,
                        const struct path coarse, const struct dye dye,
                        bool level, bool mixed)
{
    float *restrict red = to.red, *restrict green = to.green;
    float *restrict blue = to.blue, *restrict keep = to.keep;
    APART
    for (int i = 0; i < n; i++) {
        struct pairs t = level ? sample_level(fine, i) : sample(fine, i);
        if (mixed) {
            struct pairs next =
                level ? sample_level(coarse, i) : sample(coarse, i);
            t.rb = mix_pair(t.rb, next.rb, dye.toward);
            t.ga = mix_pair(t.ga, next.ga, dye.toward);
        }
        float own = keep[i] * dye.own;
        float haze = keep[i] * (float)(int)(t.ga >> 16);
        red[i] += (float)(int)(t.rb & 255) * own + dye.haze.r * haze;
        green[i] += (float)(int)(t.ga & 255) * own + dye.haze.g * haze;
        blue[i] += (float)(int)(t.rb >> 16) * own + dye.haze.b * haze;
        keep[i] -= haze * dye.cover;
    }
}

CLONED static void lay_one(const struct light to, int n, const struct path fine,
                           const struct dye dye)
{
    lay_pixels(to, n, fine, fine, dye, false, false);
}

CLONED static void lay_mixed(const struct light to, int n,
                             const struct path fine, const struct path coarse,
                             const struct dye dye)
{
    lay_pixels(to, n, fine, coarse, dye, false, true);
}

CLONED static void lay_one_level(const struct light to, int n,
                                 const struct path fine, const struct dye dye)
{
    lay_pixels(to, n, fine, fine, dye, true, false);
}

CLONED static void lay_mixed_level(const struct light to, int n,
                                   const struct path fine,
                                   const struct path coarse,
                                   const struct dye dye)
{
    lay_pixels(to, n, fine, coarse, dye, true, true);
}

static int within(int x, int most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

// Makes one row of those that a level path lies between, in `texels`; false
// when they are more than `room`.
static bool flatten(struct path *p, int n, uint32_t *texels, int room)
{
    int sy = within((int)(p->y * 256), p->tall);
    int first = within((int)(p->x * 256), p->wide) >> 8;
    int last = within((int)((p->x + (float)(n - 1) * p->dx) * 256), p->wide);
    int count = (last >> 8) + 2 - first;
    if (count > room)
        return false;
    const uint32_t *upper = p->texels + ((sy >> 8) * p->stride + first);
    mix_rows((const uint8_t *)upper, (const uint8_t *)(upper + p->stride),
             4 * count, (uint16_t)(sy & 255), (uint8_t *)texels);
    p->texels = texels;
    p->x -= (float)first;
    p->wide -= first * 256;
    return true;
}

static bool lay_level(const struct light *to, int n, struct path fine,
                      struct path coarse, const struct dye *dye,
                      const struct row *row)
{
    int room = ROW_TEXELS(row) / 2;
    if (!flatten(&fine, n, row->texels, room))
        return false;
    if (dye->toward == 0)
        lay_one_level(*to, n, fine, *dye);
    else if (flatten(&coarse, n, row->texels + room, room))
        lay_mixed_level(*to, n, fine, coarse, *dye);
    else
        return false;
    return true;
}

static void lay_run(const struct placed *p, int y, struct row *row, int at,
                    int end)
{
    struct light to = {row->red + at, row->green + at, row->blue + at,
                       row->keep + at};
    struct dye dye = {p->toward, p->own, p->cover, p->haze};
    int n = end - at;
    struct path fine = path_of(p, p->level, at, y);
    struct path coarse = path_of(p, p->level + (p->toward > 0), at, y);
    bool done = p->xy == 0 && lay_level(&to, n, fine, coarse, &dye, row);
    if (!done && p->toward > 0)
        lay_mixed(to, n, fine, coarse, dye);
    else if (!done)
        lay_one(to, n, fine, dye);
    row_close(row, at, n);
}

void placed_row(const struct placed *p, int y, struct row *row)
{
    int at = p->x0, end, from, to;
    if (!row_run(row, &at, &end, p->x1))
        return; // it is hidden
    if (p->xy == 0)
        level_columns(p, y, &from, &to);
    else
        columns(p, y, &from, &to);
    for (at = from; row_run(row, &at, &end, to); at = end)
        lay_run(p, y, row, at, end);
}
