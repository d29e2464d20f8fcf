#include "media/yuv.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"

#define CHUNK 256 // pixels of a row at a time, even

// Factors of R, G and B in 32768ths. Those of U and V have the sum 0: grey
// stays grey.
static const int16_t luma[3] = {5983, 20127, 2032};
static const int16_t blue[3] = {-3298, -11094, 14392};
static const int16_t red[3] = {14392, -13072, -1320};

struct chunk {
    int16_t r[CHUNK], g[CHUNK], b[CHUNK];
};

INLINED void split(const uint8_t *restrict rgb, int n,
                   struct chunk *restrict to)
{
    for (int i = 0; i < n; i++) {
        to->r[i] = rgb[3 * i];
        to->g[i] = rgb[3 * i + 1];
        to->b[i] = rgb[3 * i + 2];
    }
}

INLINED void put_luma(const struct chunk *restrict c, int n,
                      uint8_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)((c->r[i] * luma[0] + c->g[i] * luma[1] +
                           c->b[i] * luma[2] + (16 << 15) + (1 << 14)) >>
                          15);
}

// The sums of four pixels: of two rows, and of neighbours.
INLINED void add_up(const struct chunk *restrict a,
                    const struct chunk *restrict b, int n,
                    struct chunk *restrict to)
{
    for (int i = 0; i < n; i++) {
        int k = 2 * i;
        to->r[i] = (int16_t)(a->r[k] + a->r[k + 1] + b->r[k] + b->r[k + 1]);
        to->g[i] = (int16_t)(a->g[k] + a->g[k + 1] + b->g[k] + b->g[k + 1]);
        to->b[i] = (int16_t)(a->b[k] + a->b[k + 1] + b->b[k] + b->b[k + 1]);
    }
}

INLINED void put_chroma(const struct chunk *restrict sums, int n,
                        const int16_t *factors, uint8_t *restrict to)
{
    const int16_t fr = factors[0], fg = factors[1], fb = factors[2];
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)((sums->r[i] * fr + sums->g[i] * fg + sums->b[i] * fb +
                           (128 << 17) + (1 << 16)) >>
                          17);
}

// Two rows of the picture, one of U and V.
CLONED static void put_rows(const uint8_t *rgb, size_t line, int width,
                            const struct yuv_planes *to, int y)
{
    struct chunk a, b, sums;
    uint8_t *upper = to->at[0] + (ptrdiff_t)y * to->stride[0];
    uint8_t *u = to->at[1] + (ptrdiff_t)(y / 2) * to->stride[1];
    uint8_t *v = to->at[2] + (ptrdiff_t)(y / 2) * to->stride[2];
    for (int x = 0; x < width; x += CHUNK) {
        int n = width - x < CHUNK ? width - x : CHUNK;
        split(rgb + 3 * (ptrdiff_t)x, n, &a);
        split(rgb + line + 3 * (ptrdiff_t)x, n, &b);
        put_luma(&a, n, upper + x);
        put_luma(&b, n, upper + to->stride[0] + x);
        add_up(&a, &b, n / 2, &sums);
        put_chroma(&sums, n / 2, blue, u + x / 2);
        put_chroma(&sums, n / 2, red, v + x / 2);
    }
}

INLINED void widen(const uint8_t *const *rgb, int x, int n, struct chunk *to)
{
    const uint8_t *r = rgb[0] + x, *g = rgb[1] + x, *b = rgb[2] + x;
    for (int i = 0; i < n; i++) {
        to->r[i] = r[i];
        to->g[i] = g[i];
        to->b[i] = b[i];
    }
}

CLONED void yuv_from_channels(const uint8_t *const *upper,
                              const uint8_t *const *lower, int width,
                              const struct yuv_planes *to)
{
    struct chunk a, b, sums;
    for (int x = 0; x < width; x += CHUNK) {
        int n = width - x < CHUNK ? width - x : CHUNK;
        widen(upper, x, n, &a);
        widen(lower, x, n, &b);
        put_luma(&a, n, to->at[0] + x);
        put_luma(&b, n, to->at[0] + to->stride[0] + x);
        add_up(&a, &b, n / 2, &sums);
        put_chroma(&sums, n / 2, blue, to->at[1] + x / 2);
        put_chroma(&sums, n / 2, red, to->at[2] + x / 2);
    }
}

// U or V at every pixel of a row, of 16: the nearest weighs 9, those beside it,
// above or below it 3, the last one 1.
CLONED static void spread(const uint8_t *restrict near,
                          const uint8_t *restrict other, int n,
                          int16_t *restrict sums, int16_t *restrict to)
{
    for (int i = 0; i < n; i++)
        sums[i + 1] = (int16_t)(3 * near[i] + other[i]);
    sums[0] = sums[1];
    sums[n + 1] = sums[n];
    APART
    for (int i = 0; i < n; i++) {
        to[2 * i] = (int16_t)(3 * sums[i + 1] + sums[i]);
        to[2 * i + 1] = (int16_t)(3 * sums[i + 1] + sums[i + 2]);
    }
}

INLINED uint8_t byte_of(int x)
{
    x >>= 12;
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

// Factors in 4096ths.
CLONED static void to_rgb(const uint8_t *restrict y, const int16_t *restrict u,
                          const int16_t *restrict v, int n, uint8_t *restrict r,
                          uint8_t *restrict g, uint8_t *restrict b)
{
    for (int i = 0; i < n; i++) {
        int light = (y[i] - 16) * 4769 + 2048;
        int blue_less = u[i] - 16 * 128, red_less = v[i] - 16 * 128;
        r[i] = byte_of(light + (red_less * 7343 >> 4));
        g[i] = byte_of(light - ((blue_less * 873 + red_less * 2183) >> 4));
        b[i] = byte_of(light + (blue_less * 8652 >> 4));
    }
}

static uint8_t *row_of(const struct yuv_planes *p, int plane, int y)
{
    return p->at[plane] + (ptrdiff_t)y * p->stride[plane];
}

void yuv_to_channels(const struct yuv_planes *from, int width, int height,
                     int y, uint8_t *const *rgb)
{
    int near = y / 2, other = near + (y % 2 ? 1 : -1), last = height / 2 - 1;
    other = other < 0 ? 0 : other > last ? last : other;
    size_t n = (size_t)width;
    int16_t *memory = xmalloc(sizeof(*memory) * (3 * n + 2));
    int16_t *u = memory, *v = memory + n, *sums = memory + 2 * n;
    spread(row_of(from, 1, near), row_of(from, 1, other), width / 2, sums, u);
    spread(row_of(from, 2, near), row_of(from, 2, other), width / 2, sums, v);
    to_rgb(row_of(from, 0, y), u, v, width, rgb[0], rgb[1], rgb[2]);
    free(memory);
}

void yuv_from_rows(const uint8_t *rgb, size_t line, int width, int height,
                   const struct yuv_planes *to)
{
    for (int y = 0; y < height; y += 2)
        put_rows(rgb + line * (size_t)y, line, width, to, y);
}

void yuv_from_rgb(const uint8_t *rgb, int width, int height,
                  const struct yuv_planes *to)
{
    yuv_from_rows(rgb, 3 * (size_t)width, width, height, to);
}

size_t yuv_size(int width, int height)
{
    return (size_t)width * (size_t)height / 2 * 3;
}

struct yuv_planes yuv_in(uint8_t *bytes, int width, int height)
{
    uint8_t *u = bytes + (size_t)width * (size_t)height;
    uint8_t *v = u + (size_t)width * (size_t)height / 4;
    return (struct yuv_planes){{bytes, u, v}, {width, width / 2, width / 2}};
}

struct yuv_planes yuv_below(const struct yuv_planes *planes, int y)
{
    struct yuv_planes below = *planes;
    for (int i = 0; i < 3; i++)
        below.at[i] += (ptrdiff_t)(i > 0 ? y / 2 : y) * below.stride[i];
    return below;
}

CLONED static void mix_row(uint8_t *restrict to, const uint8_t *restrict from,
                           int part, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)((to[i] * (256 - part) + from[i] * part + 128) >> 8);
}

void yuv_mix(const struct yuv_planes *to, const struct yuv_planes *from,
             int part, int width, int height)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < (i > 0 ? height / 2 : height); y++)
            mix_row(row_of(to, i, y), row_of(from, i, y), part,
                    i > 0 ? width / 2 : width);
}

void yuv_copy(const struct yuv_planes *to, const struct yuv_planes *from,
              int width, int height)
{
    for (int i = 0; i < 3; i++)
        for (int y = 0; y < (i > 0 ? height / 2 : height); y++)
            memcpy(row_of(to, i, y), row_of(from, i, y),
                   (size_t)(i > 0 ? width / 2 : width));
}
