#include "gateway/scene_sprite.h"

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
    s->rgba = xcalloc((size_t)s->width[0] * (size_t)s->height[0], 4);
    return s;
}

void sprite_free(struct sprite *s)
{
    if (!s)
        return;
    for (int i = 0; i < SPRITE_LEVELS; i++) {
        free(s->texels[i]);
        free(s->extents[i]);
    }
    free(s->rgba);
    free(s);
}

// Texel (0, 0) of a level.
static uint32_t *texels(const struct sprite *s, int level)
{
    return s->texels[level] + s->width[level] + 3;
}

static uint32_t *add_level(struct sprite *s, int level, int width, int height)
{
    s->width[level] = width;
    s->height[level] = height;
    size_t all = (size_t)(width + 2) * (size_t)(height + 2);
    s->texels[level] = xcalloc(all, sizeof(uint32_t));
    return texels(s, level);
}

static void measure_row(const struct sprite *s, int level, int y,
                        struct extent *to)
{
    if (y < 0 || y >= s->height[level])
        return;
    const uint32_t *line = texels(s, level) + y * (s->width[level] + 2);
    int size = 1 << level;
    for (int x = 0; x < s->width[level]; x++) {
        if (!line[x])
            continue;
        float from = (float)((x - 1) * size), end = (float)((x + 2) * size);
        to->from = from < to->from ? from : to->from;
        to->to = end > to->to ? end : to->to;
    }
}

static void measure(struct sprite *s, int level)
{
    int h = s->height[level];
    struct extent *rows = s->extents[level] =
        xmalloc(sizeof(*rows) * (size_t)h);
    for (int y = 0; y < h; y++) {
        rows[y] = (struct extent){(float)s->width[0], 0};
        for (int i = y - 1; i <= y + 1; i++)
            measure_row(s, level, i, &rows[y]);
    }
}

static void pack(struct sprite *s)
{
    int w = s->width[0], h = s->height[0];
    uint32_t *to = add_level(s, 0, w, h);
    const uint8_t *from = s->rgba;
    for (int i = 0; i < w * h; i++, from += 4)
        to[i / w * (w + 2) + i % w] = from[0] | (uint32_t)from[1] << 8 |
                                      (uint32_t)from[2] << 16 |
                                      (uint32_t)from[3] << 24;
    free(s->rgba);
    s->rgba = NULL;
}

// Mean of four texels, two channels of each: 8 bits in every 16.
static uint32_t mean(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t mask = 0xff00ffu;
    uint32_t sum = (a & mask) + (b & mask) + (c & mask) + (d & mask);
    return (sum + 0x20002u) >> 2 & mask;
}

static void halve(struct sprite *s, int level)
{
    int stride = s->width[level - 1] + 2;
    int w = (s->width[level - 1] + 1) / 2, h = (s->height[level - 1] + 1) / 2;
    uint32_t *to = add_level(s, level, w, h);
    for (int y = 0; y < h; y++, to += w + 2) {
        const uint32_t *a = texels(s, level - 1) + 2 * y * stride;
        const uint32_t *b = a + stride;
        for (int x = 0; x < w; x++, a += 2, b += 2)
            to[x] = mean(a[0], a[1], b[0], b[1]) |
                    mean(a[0] >> 8, a[1] >> 8, b[0] >> 8, b[1] >> 8) << 8;
    }
}

void sprite_finish(struct sprite *s)
{
    pack(s);
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
        uint8_t *row = s->rgba + (size_t)y * (size_t)width * 4;
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
            uint8_t *at = s->rgba + 4 * ((size_t)py * s->width[0] + px);
            at[0] = to_byte((float)at[0] + c.r * add);
            at[1] = to_byte((float)at[1] + c.g * add);
            at[2] = to_byte((float)at[2] + c.b * add);
        }
    }
}
