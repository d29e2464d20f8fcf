// Sprites in the rows of a picture.

#include <stdbool.h>

#include "gateway/scene_sprite.h"

// The four channels of a texel, 8 bits in every 16.
static inline uint64_t spread(uint32_t texel)
{
    return (texel & 0xff00ffu) | (uint64_t)(texel & 0xff00ff00u) << 24;
}

static inline uint64_t shorten(uint64_t sums)
{
    const uint64_t half = 0x0080008000800080u, mask = 0x00ff00ff00ff00ffu;
    return ((sums + half) >> 8) & mask;
}

// One level, by value: so the compiler need not expect it to change.
struct level {
    const uint32_t *texels;
    int stride;
};

static struct level level_of(const struct sprite *s, int i)
{
    return (struct level){s->texels[i], s->width[i] + 2};
}

// Bilinear at (x, y) of a level; the border makes up for the conversion.
static inline uint64_t sample(struct level l, float x, float y)
{
    x += 0.5f;
    y += 0.5f;
    int ix = (int)x, iy = (int)y;
    uint32_t fx = (uint32_t)(int)((x - (float)ix) * 256);
    uint32_t fy = (uint32_t)(int)((y - (float)iy) * 256);
    const uint32_t *a = l.texels + (iy * l.stride + ix), *b = a + l.stride;
    if (!(a[0] | a[1] | b[0] | b[1]))
        return 0;
    uint32_t both = fx * fy >> 8;
    return shorten(spread(a[0]) * (256 - fx - fy + both) +
                   spread(a[1]) * (fx - both) + spread(b[0]) * (fy - both) +
                   spread(b[1]) * both);
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

// The columns of level 0 that a bilinear sample of `level`, and of the next,
// can meet in the row of texels at `y`.
static struct extent extent_at(const struct sprite *s, int level, float y)
{
    int coarse = level + 1 < SPRITE_LEVELS ? level + 1 : level;
    int row = (int)y >> coarse, size = 1 << coarse;
    struct extent e = {s->width[0], 0};
    for (int i = row - 1; i <= row + 1; i++) {
        if (i < 0 || i >= s->height[coarse])
            continue;
        const struct extent *r = &s->extents[coarse][i];
        int from = (r->from - 1) * size, to = (r->to + 1) * size;
        e.from = from < e.from ? from : e.from;
        e.to = to > e.to ? to : e.to;
    }
    return e;
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
    if (m->xy == 0 && high > low) { // not rolled: one row of the sprite
        struct extent e = extent_at(s, m->level, start[1]);
        float a = ((float)e.from - start[0]) / step[0];
        float b = ((float)e.to - start[0]) / step[0];
        low = a > low ? a : low;
        high = b < high ? b : high;
    }
    *from = *to = 0;
    if (low < high) {
        *from = (int)low;
        *to = high + 1 > (float)m->x1 ? m->x1 : (int)high + 1;
    }
}

static inline float lane(uint64_t t, int i)
{
    return (float)(int)(t >> 16 * i & 255);
}

// Colour that has been multiplied by its cover, in the order of spread().
static inline void lay(struct row *row, int i, uint64_t t,
                       const struct placed *p)
{
    float cover = lane(t, 3), keep = row->keep[i], own = keep * p->own;
    float haze = keep * cover, *at = row->rgb + 3 * i;
    at[0] += lane(t, 0) * own + p->haze.r * haze;
    at[1] += lane(t, 2) * own + p->haze.g * haze;
    at[2] += lane(t, 1) * own + p->haze.b * haze;
    row_keep(row, i, keep - haze * p->cover);
}

// Where the pixels of a row lie in a level.
struct path {
    float x, y, dx, dy;
    float wide, tall; // of the level
};

static inline bool inside(const struct path *p, int i)
{
    float x = p->x + (float)i * p->dx, y = p->y + (float)i * p->dy;
    return x >= 0 && y >= 0 && x <= p->wide && y <= p->tall;
}

static struct path path_of(const struct placed *p, int y)
{
    const float k = 1.0f / (float)(1 << p->level), fy = (float)y + 0.5f;
    return (struct path){.x = (p->x + 0.5f * p->xx + fy * p->yx) * k,
                         .y = (p->y + 0.5f * p->xy + fy * p->yy) * k,
                         .dx = p->xx * k,
                         .dy = p->xy * k,
                         .wide = (float)p->sprite->width[0] * k,
                         .tall = (float)p->sprite->height[0] * k};
}

// Inlined with constants for `level` (not rolled: all of the row lies at one y)
// and `mixed` (with the next level), so that the loop has no choice to make.
static inline void lay_pixels(struct row *row, int from, int to,
                              const struct placed *placed,
                              const struct path *path, bool level, bool mixed)
{
    const struct placed p = *placed;
    const struct path at = *path;
    struct level fine = level_of(p.sprite, p.level);
    struct level coarse = level_of(p.sprite, p.level + mixed);
    for (int i = row_next(row, from); i < to; i = row_next(row, i + 1)) {
        float x = at.x + (float)i * at.dx;
        float y = level ? at.y : at.y + (float)i * at.dy;
        uint64_t t = sample(fine, x, y);
        if (mixed)
            t = shorten(t * (256 - p.toward) +
                        sample(coarse, x / 2, y / 2) * p.toward);
        if (t)
            lay(row, i, t, &p);
    }
}

void placed_row(const struct placed *p, int y, struct row *row)
{
    const struct path at = path_of(p, y);
    int from, to;
    columns(p, y, &from, &to);
    while (from < to && !inside(&at, from))
        from++;
    while (from < to && !inside(&at, to - 1))
        to--;
    if (p->xy != 0 && p->toward > 0)
        lay_pixels(row, from, to, p, &at, false, true);
    else if (p->xy != 0)
        lay_pixels(row, from, to, p, &at, false, false);
    else if (p->toward > 0)
        lay_pixels(row, from, to, p, &at, true, true);
    else
        lay_pixels(row, from, to, p, &at, true, false);
}
