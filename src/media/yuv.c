#include "media/yuv.h"

#include <stddef.h>

#include "base/cloned.h"

#define CHUNK 256 // pixels of a row at a time, even

// Factors of R, G and B in 32768ths. Those of U and V have the sum 0: grey
// stays grey.
static const int16_t luma[3] = {5983, 20127, 2032};
static const int16_t blue[3] = {-3298, -11094, 14392};
static const int16_t red[3] = {14392, -13072, -1320};

struct chunk {
    int16_t r[CHUNK], g[CHUNK], b[CHUNK];
};

static inline void split(const uint8_t *restrict rgb, int n,
                         struct chunk *restrict to)
{
    for (int i = 0; i < n; i++) {
        to->r[i] = rgb[3 * i];
        to->g[i] = rgb[3 * i + 1];
        to->b[i] = rgb[3 * i + 2];
    }
}

static inline void put_luma(const struct chunk *restrict c, int n,
                            uint8_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)((c->r[i] * luma[0] + c->g[i] * luma[1] +
                           c->b[i] * luma[2] + (16 << 15) + (1 << 14)) >>
                          15);
}

// The sums of four pixels: of two rows, and of neighbours.
static inline void add_up(const struct chunk *restrict a,
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

static inline void put_chroma(const struct chunk *restrict sums, int n,
                              const int16_t *factors, uint8_t *restrict to)
{
    const int16_t fr = factors[0], fg = factors[1], fb = factors[2];
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)((sums->r[i] * fr + sums->g[i] * fg + sums->b[i] * fb +
                           (128 << 17) + (1 << 16)) >>
                          17);
}

// Two rows of the picture, one of U and V.
CLONED static void put_rows(const uint8_t *rgb, int width,
                            const struct yuv_planes *to, int y)
{
    struct chunk a, b, sums;
    uint8_t *upper = to->at[0] + (ptrdiff_t)y * to->stride[0];
    uint8_t *u = to->at[1] + (ptrdiff_t)(y / 2) * to->stride[1];
    uint8_t *v = to->at[2] + (ptrdiff_t)(y / 2) * to->stride[2];
    for (int x = 0; x < width; x += CHUNK) {
        int n = width - x < CHUNK ? width - x : CHUNK;
        split(rgb + 3 * (ptrdiff_t)x, n, &a);
        split(rgb + 3 * ((ptrdiff_t)width + x), n, &b);
        put_luma(&a, n, upper + x);
        put_luma(&b, n, upper + to->stride[0] + x);
        add_up(&a, &b, n / 2, &sums);
        put_chroma(&sums, n / 2, blue, u + x / 2);
        put_chroma(&sums, n / 2, red, v + x / 2);
    }
}

void yuv_from_rgb(const uint8_t *rgb, int width, int height,
                  const struct yuv_planes *to)
{
    for (int y = 0; y < height; y += 2)
        put_rows(rgb + 3 * (ptrdiff_t)y * width, width, to, y);
}
