#include "gateway/scene_sprite.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/camera.h"
#include "gateway/scene_noise.h"

#define POINTS_MAX 64
#define SCANS 4 // scan lines of a texel row

struct sprite *sprite_new(int texels, float wide, float under, float over)
{
    struct sprite *s = xcalloc(1, sizeof(*s));
    s->unit = (float)texels;
    s->width[0] = (int)(2 * wide * s->unit) + 4;
    s->height[0] = (int)((under + over) * s->unit) + 4;
    s->ox = (float)s->width[0] / 2;
    s->oy = over * s->unit + 2;
    s->rgba[0] = xcalloc((size_t)s->width[0] * (size_t)s->height[0], 4);
    return s;
}

void sprite_free(struct sprite *s)
{
    if (!s)
        return;
    for (int i = 0; i < SPRITE_LEVELS; i++) {
        free(s->rgba[i]);
        free(s->extents[i]);
    }
    free(s);
}

static void measure(struct sprite *s, int level)
{
    int w = s->width[level], h = s->height[level];
    struct extent *rows = s->extents[level] =
        xmalloc(sizeof(*rows) * (size_t)h);
    static const uint8_t none[4] = {0};
    for (int y = 0; y < h; y++) {
        rows[y] = (struct extent){w, 0};
        for (int x = 0; x < w; x++) {
            if (memcmp(s->rgba[level] + 4 * (y * w + x), none, 4) == 0)
                continue;
            rows[y].from = x < rows[y].from ? x : rows[y].from;
            rows[y].to = x + 1;
        }
    }
}

static void halve(struct sprite *s, int level)
{
    int w = s->width[level - 1], h = s->height[level - 1];
    int nw = s->width[level] = (w + 1) / 2;
    int nh = s->height[level] = (h + 1) / 2;
    const uint8_t *from = s->rgba[level - 1];
    uint8_t *to = s->rgba[level] = xmalloc((size_t)nw * (size_t)nh * 4);
    for (int i = 0; i < nw * nh * 4; i++) {
        int x = i / 4 % nw * 2, y = i / 4 / nw * 2, sum = 2;
        for (int k = 0; k < 4; k++)
            if (x + k % 2 < w && y + k / 2 < h)
                sum += from[((y + k / 2) * w + x + k % 2) * 4 + i % 4];
        to[i] = (uint8_t)(sum / 4);
    }
}

void sprite_finish(struct sprite *s)
{
    measure(s, 0);
    for (int i = 1; i < SPRITE_LEVELS; i++) {
        halve(s, i);
        measure(s, i);
    }
}

static uint8_t to_byte(float x)
{
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x + 0.5f);
}

static void blend(uint8_t *at, struct color c, float cover)
{
    float keep = 1 - cover;
    at[0] = to_byte((float)at[0] * keep + c.r * cover);
    at[1] = to_byte((float)at[1] * keep + c.g * cover);
    at[2] = to_byte((float)at[2] * keep + c.b * cover);
    at[3] = to_byte((float)at[3] * keep + 255 * cover);
}

// Add `part` of every texel that [x0, x1) covers.
static void add_span(float *cover, int width, float x0, float x1, float part)
{
    x0 = x0 < 0 ? 0 : x0;
    x1 = x1 > (float)width ? (float)width : x1;
    if (x1 <= x0)
        return;
    int first = (int)x0, last = (int)x1;
    if (first == last) {
        cover[first] += part * (x1 - x0);
        return;
    }
    cover[first] += part * ((float)(first + 1) - x0);
    for (int x = first + 1; x < last; x++)
        cover[x] += part;
    if (last < width)
        cover[last] += part * (x1 - (float)last);
}

// Where the outline crosses the line y, from left to right.
static int crossings(const struct point *p, int n, float y, float *out)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        struct point a = p[i], b = p[(i + 1) % n];
        if ((a.y <= y) == (b.y <= y))
            continue;
        float x = a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y);
        int at = count++;
        for (; at > 0 && out[at - 1] > x; at--)
            out[at] = out[at - 1];
        out[at] = x;
    }
    return count;
}

void paint_polygon(struct sprite *s, const struct point *points, int n,
                   struct color color, float cover)
{
    struct point p[POINTS_MAX];
    float low = 1e9f, high = -1e9f, cross[POINTS_MAX];
    for (int i = 0; i < n; i++) {
        p[i].x = s->ox + points[i].x * s->unit;
        p[i].y = s->oy - points[i].y * s->unit;
        low = p[i].y < low ? p[i].y : low;
        high = p[i].y > high ? p[i].y : high;
    }
    int width = s->width[0], from = low < 0 ? 0 : (int)low;
    int to = high >= (float)s->height[0] ? s->height[0] - 1 : (int)high;
    float *sum = xcalloc((size_t)width, sizeof(*sum));
    for (int y = from; y <= to; y++) {
        for (int k = 0; k < SCANS; k++) {
            float line = (float)y + ((float)k + 0.5f) / SCANS;
            int count = crossings(p, n, line, cross);
            for (int i = 0; i + 1 < count; i += 2)
                add_span(sum, width, cross[i], cross[i + 1], 1.0f / SCANS);
        }
        uint8_t *row = s->rgba[0] + (size_t)y * (size_t)width * 4;
        for (int x = 0; x < width; x++) {
            if (sum[x] > 0)
                blend(row + 4 * x, color, clamp01(sum[x]) * cover);
            sum[x] = 0;
        }
    }
    free(sum);
}

void paint_rect(struct sprite *s, float x0, float y0, float x1, float y1,
                struct color color)
{
    const struct point p[] = {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
    paint_polygon(s, p, 4, color, 1);
}

void paint_ellipse(struct sprite *s, float x, float y, float rx, float ry,
                   struct color color, float cover)
{
    enum { CORNERS = 24 };
    struct point p[CORNERS];
    for (int i = 0; i < CORNERS; i++) {
        double sine, cosine;
        camera_sincos(i * 360.0 / CORNERS, &sine, &cosine);
        p[i] = (struct point){x + rx * (float)cosine, y + ry * (float)sine};
    }
    paint_polygon(s, p, CORNERS, color, cover);
}

void paint_glow(struct sprite *s, float x, float y, float radius,
                struct color c, float strength)
{
    float cx = s->ox + x * s->unit, cy = s->oy - y * s->unit;
    float r = radius * s->unit;
    for (int py = 0; py < s->height[0]; py++) {
        for (int px = 0; px < s->width[0]; px++) {
            float dx = ((float)px + 0.5f - cx) / r;
            float dy = ((float)py + 0.5f - cy) / r;
            float d = dx * dx + dy * dy;
            if (d >= 1)
                continue;
            float add = strength * (1 - d) * (1 - d) / (1 + 14 * d);
            uint8_t *at = s->rgba[0] + 4 * ((size_t)py * s->width[0] + px);
            at[0] = to_byte((float)at[0] + c.r * add);
            at[1] = to_byte((float)at[1] + c.g * add);
            at[2] = to_byte((float)at[2] + c.b * add);
        }
    }
}

// Two channels of a texel, or of four at once: 8 bits in every 16.
struct texel {
    uint32_t rb, ga;
};

static inline struct texel fetch(const uint8_t *rgba)
{
    return (struct texel){(uint32_t)(rgba[0] | rgba[2] << 16),
                          (uint32_t)(rgba[1] | rgba[3] << 16)};
}

// `t` of 256 from a to b.
static inline struct texel between(struct texel a, struct texel b, uint32_t t)
{
    const uint32_t mask = 0xff00ffu, half = 0x800080u;
    return (struct texel){((a.rb * (256 - t) + b.rb * t + half) >> 8) & mask,
                          ((a.ga * (256 - t) + b.ga * t + half) >> 8) & mask};
}

// One level, by value: so the compiler need not expect it to change.
struct level {
    int width, height;
    const uint8_t *rgba;
    const struct extent *rows;
};

static struct level level_of(const struct sprite *s, int i)
{
    return (struct level){s->width[i], s->height[i], s->rgba[i], s->extents[i]};
}

// Bilinear at (x, y) of a level; nothing outside of it.
static inline struct texel sample(struct level l, float x, float y)
{
    x += 0.5f; // by a texel, so that the conversion rounds down
    y += 0.5f;
    int ix = (int)x, iy = (int)y;
    uint32_t fx = (uint32_t)(int)((x - (float)ix) * 256);
    uint32_t fy = (uint32_t)(int)((y - (float)iy) * 256);
    ix--, iy--;
    const struct extent *r = l.rows + iy;
    bool upper = iy >= 0 && ix + 1 >= r[0].from && ix < r[0].to;
    bool lower = iy + 1 < l.height && ix + 1 >= r[1].from && ix < r[1].to;
    const struct texel none = {0, 0};
    if (!upper && !lower)
        return none;
    const uint8_t *a = l.rgba + 4 * ((ptrdiff_t)iy * l.width + ix);
    const uint8_t *b = a + 4 * (ptrdiff_t)l.width;
    bool left = ix >= 0, right = ix + 1 < l.width;
    struct texel top = none, low = none;
    if (upper)
        top = between(left ? fetch(a) : none, right ? fetch(a + 4) : none, fx);
    if (lower)
        low = between(left ? fetch(b) : none, right ? fetch(b + 4) : none, fx);
    return between(top, low, fy);
}

// The way from a pixel of the picture to a texel.
struct mapping {
    float x, y;   // texel of the picture's pixel (0, 0)
    float xx, xy; // texels per pixel to the right
    float yx, yy; // and down
    int level;
    uint32_t between;   // 0..256: toward the next level
    int x0, y0, x1, y1; // the pixels that may be touched
};

static struct mapping map(const struct sprite *s, const struct stand *at,
                          const struct view *w)
{
    float scale = at->scale * w->focal; // pixels of the thing's height
    float k = s->unit / scale;
    struct mapping m = {.xx = w->cosine * k,
                        .xy = w->sine * k,
                        .yx = -w->sine * k,
                        .yy = w->cosine * k};
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
        m.between = (uint32_t)((k - 1.5f) * 512);
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
static void columns(const struct sprite *s, const struct mapping *m, int y,
                    int *from, int *to)
{
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
    *from = (int)low;
    *to = high < low ? *from : (int)high + 1;
    *to = *to > m->x1 ? m->x1 : *to;
}

static void lay(uint8_t *pixel, struct texel t, const struct stand *at,
                float light)
{
    const float own[3] = {(float)(int)(t.rb & 255), (float)(int)(t.ga & 255),
                          (float)(int)(t.rb >> 16)};
    const float haze[3] = {at->haze.r, at->haze.g, at->haze.b};
    float cover = (float)(int)(t.ga >> 16) * (1.0f / 255);
    float keep = 1 - cover * at->cover;
    for (int c = 0; c < 3; c++) {
        float add = mix(own[c], haze[c] * cover, at->fade) * at->cover;
        pixel[c] = to_byte((float)pixel[c] * keep + add * light);
    }
}

static void draw_row(const struct sprite *s, struct stand at,
                     const struct mapping *m, const struct view *w, int y,
                     uint8_t *line)
{
    struct level fine = level_of(s, m->level), coarse = fine;
    if (m->between > 0)
        coarse = level_of(s, m->level + 1);
    const float k = 1.0f / (float)(1 << m->level);
    float wide = (float)s->width[0] * k, tall = (float)s->height[0] * k;
    float fy = (float)y + 0.5f;
    float dx = m->xx * k, dy = m->xy * k;
    float tx = (m->x + 0.5f * m->xx + fy * m->yx) * k;
    float ty = (m->y + 0.5f * m->xy + fy * m->yy) * k;
    uint32_t toward = m->between;
    float left = ((float)w->width - 1) / 2, upper = ((float)w->height - 1) / 2;
    int from, to;
    columns(s, m, y, &from, &to);
    for (int i = from; i < to; i++) {
        float x = tx + (float)i * dx, v = ty + (float)i * dy;
        if (x < 0 || v < 0 || x > wide || v > tall)
            continue;
        struct texel t = sample(fine, x, v);
        if (toward > 0)
            t = between(t, sample(coarse, x / 2, v / 2), toward);
        if (t.rb | t.ga)
            lay(line + 3 * i, t, &at,
                camera_light(w, (float)i - left, (float)y - upper));
    }
}

void sprite_draw(const struct sprite *s, const struct stand *at,
                 const struct view *w, int first, int step, uint8_t *rgb)
{
    struct mapping m = map(s, at, w);
    int ahead = m.y0 > first ? (m.y0 - first + step - 1) / step : 0;
    for (int y = first + ahead * step; y < m.y1; y += step)
        draw_row(s, *at, &m, w, y, rgb + (size_t)y * (size_t)w->width * 3);
}
