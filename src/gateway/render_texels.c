#include "gateway/render_texels.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"

#define BAND 64 // rows that a thread makes at a time, even

// The channels that two bytes apart stand 16 bits apart in.
#define PAIR 0xff00ffu

// Two bytes a texel; right of the last one and below it stands a copy of it.
struct pairs {
    int width, height, line; // texels of a row, with the copy
    uint16_t *at;
};

struct texels {
    uint8_t *bytes; // of the planes
    struct yuv_planes planes;
    struct pairs light; // itself, and the mean of it and its neighbours
    struct pairs tint;  // U and V
};

static struct pairs pairs_new(int width, int height)
{
    size_t texels = ((size_t)width + 1) * ((size_t)height + 1) + 1;
    return (struct pairs){width, height, width + 1,
                          xcalloc(texels, sizeof(uint16_t))};
}

struct texels *texels_new(int width, int height)
{
    struct texels *t = xcalloc(1, sizeof(*t));
    int w = width / 2 * 2, h = height / 2 * 2;
    t->bytes = xmalloc(yuv_size(w, h));
    t->planes = yuv_in(t->bytes, w, h);
    t->light = pairs_new(w, h);
    t->tint = pairs_new(w / 2, h / 2);
    return t;
}

void texels_free(struct texels *t)
{
    if (!t)
        return;
    free(t->bytes);
    free(t->light.at);
    free(t->tint.at);
    free(t);
}

const struct yuv_planes *texels_planes(const struct texels *t)
{
    return &t->planes;
}

int texels_width(const struct texels *t)
{
    return t->light.width;
}

int texels_height(const struct texels *t)
{
    return t->light.height;
}

// --- a picture becomes texels

CLONED static void join(const uint8_t *restrict low,
                        const uint8_t *restrict high, int n,
                        uint16_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint16_t)(low[i] | high[i] << 8);
    to[n] = to[n - 1];
}

// A texel weighs 2, its neighbours 1, each way.
CLONED static void join_mean(const uint8_t *restrict above,
                             const uint8_t *restrict here,
                             const uint8_t *restrict below, int n,
                             uint16_t *restrict sums, uint16_t *restrict to)
{
    for (int i = 0; i < n; i++)
        sums[i + 1] = (uint16_t)(above[i] + 2 * here[i] + below[i]);
    sums[0] = sums[1];
    sums[n + 1] = sums[n];
    for (int i = 0; i < n; i++) {
        int mean = (sums[i] + 2 * sums[i + 1] + sums[i + 2] + 8) >> 4;
        to[i] = (uint16_t)(here[i] | mean << 8);
    }
    to[n] = to[n - 1];
}

struct filling {
    struct texels *texels;
    const struct image *image;
};

static void fill_planes(void *arg, int part, int member)
{
    const struct filling *f = arg;
    struct texels *t = f->texels;
    size_t line = 3 * (size_t)f->image->width;
    int from = part * BAND, to = from + BAND;
    to = to < t->light.height ? to : t->light.height;
    (void)member;
    struct yuv_planes planes = yuv_below(&t->planes, from);
    yuv_from_rows(f->image->rgb + (size_t)from * line, line, t->light.width,
                  to - from, &planes);
}

static const uint8_t *plane_row(const struct texels *t, int plane, int y)
{
    return t->planes.at[plane] + (ptrdiff_t)y * t->planes.stride[plane];
}

static uint16_t *grid_row(const struct pairs *g, int y)
{
    return g->at + (ptrdiff_t)y * g->line;
}

static void fill_light(const struct texels *t, int y, uint16_t *sums)
{
    int last = t->light.height - 1, here = y < last ? y : last;
    join_mean(plane_row(t, 0, here > 0 ? here - 1 : 0), plane_row(t, 0, here),
              plane_row(t, 0, here < last ? here + 1 : last), t->light.width,
              sums, grid_row(&t->light, y));
}

static void fill_tint(const struct texels *t, int y)
{
    int last = t->tint.height - 1, here = y < last ? y : last;
    join(plane_row(t, 1, here), plane_row(t, 2, here), t->tint.width,
         grid_row(&t->tint, y));
}

static void fill_grids(void *arg, int part, int member)
{
    const struct filling *f = arg;
    const struct texels *t = f->texels;
    (void)member;
    uint16_t *sums = xmalloc(sizeof(*sums) * ((size_t)t->light.width + 2));
    for (int y = part * BAND; y < (part + 1) * BAND && y <= t->light.height;
         y++)
        fill_light(t, y, sums);
    const int half = BAND / 2;
    for (int y = part * half; y < (part + 1) * half && y <= t->tint.height; y++)
        fill_tint(t, y);
    free(sums);
}

void texels_fill_planes(struct texels *t, struct crew *crew)
{
    struct filling filling = {t, NULL};
    // With the copy's row.
    crew_run(crew, t->light.height / BAND + 1, fill_grids, &filling);
}

void texels_fill(struct texels *t, const struct image *image, struct crew *crew)
{
    struct filling filling = {t, image};
    crew_run(crew, (t->light.height + BAND - 1) / BAND, fill_planes, &filling);
    texels_fill_planes(t, crew);
}

// --- looking at them

CLONED static void mirror(float *restrict at, int n, int size,
                          float *restrict beyond)
{
    const float most = (float)size - 1, part = 1 / (float)size;
    for (int i = 0; i < n; i++) {
        float x = at[i], less = x < 0 ? -x : 0, more = x > most ? x - most : 0;
        float over = less + more, back = over < most ? over : most;
        x = x < 0 ? back : x;
        at[i] = more > 0 ? most - back : x;
        beyond[i] += over * part;
    }
}

CLONED static void darken_by(const float *restrict beyond, int n,
                             int32_t *restrict dusk)
{
    for (int i = 0; i < n; i++)
        dusk[i] = (int32_t)(256 / (1 + beyond[i] * TEXELS_DUSK));
}

void texels_reflect(const struct texels *t, const struct gaze *g)
{
    float *beyond = xcalloc((size_t)g->n, sizeof(*beyond));
    mirror(g->x, g->n, t->light.width, beyond);
    mirror(g->y, g->n, t->light.height, beyond);
    darken_by(beyond, g->n, g->dusk);
    free(beyond);
}

CLONED static void darken(const int32_t *restrict dusk, int n, int black,
                          uint8_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint8_t)(black + ((to[i] - black) * dusk[i] >> 8));
}

#define TAKES_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
typedef uint32_t __attribute__((aligned(2), may_alias)) loose;

// A texel, and above it in the number the one right of it.
INLINED uint32_t two_at(const uint16_t *at)
{
    return TAKES_WORDS ? *(const loose *)at : at[0] | (uint32_t)at[1] << 16;
}

// Of the lower bytes of four texels; of 65536.
INLINED uint32_t between(uint32_t above, uint32_t below, uint32_t fx,
                         uint32_t fy)
{
    uint32_t both = (above & PAIR) * (256 - fy) + (below & PAIR) * fy;
    return (both & 0xffff) * (256 - fx) + (both >> 16) * fx;
}

CLONED static void take_sharp(const struct pairs grid, const float *restrict x,
                              const float *restrict y, int n,
                              uint8_t *restrict to)
{
    const uint16_t *from = grid.at;
    const int line = grid.line;
    APART
    for (int i = 0; i < n; i++) {
        int u = (int)(x[i] * 256), v = (int)(y[i] * 256);
        int at = (v >> 8) * line + (u >> 8);
        uint32_t above = two_at(from + at), below = two_at(from + at + line);
        uint32_t fx = (uint32_t)u & 255, fy = (uint32_t)v & 255;
        to[i] = (uint8_t)((between(above, below, fx, fy) + 32768) >> 16);
    }
}

CLONED static void take_soft(const struct pairs grid, const float *restrict x,
                             const float *restrict y,
                             const int32_t *restrict soft, int n,
                             uint8_t *restrict to)
{
    const uint16_t *from = grid.at;
    const int line = grid.line;
    APART
    for (int i = 0; i < n; i++) {
        int u = (int)(x[i] * 256), v = (int)(y[i] * 256);
        int at = (v >> 8) * line + (u >> 8);
        uint32_t above = two_at(from + at), below = two_at(from + at + line);
        uint32_t fx = (uint32_t)u & 255, fy = (uint32_t)v & 255;
        uint32_t part = (uint32_t)soft[i];
        uint32_t sharp = between(above, below, fx, fy) >> 8;
        uint32_t mean = between(above >> 8, below >> 8, fx, fy) >> 8;
        to[i] = (uint8_t)((sharp * (256 - part) + mean * part + 32768) >> 16);
    }
}

CLONED static void take_both(const struct pairs grid, const float *restrict x,
                             const float *restrict y, int n,
                             uint8_t *restrict low, uint8_t *restrict high)
{
    const uint16_t *from = grid.at;
    const int line = grid.line;
    const float right = (float)(grid.width - 1), end = (float)(grid.height - 1);
    APART
    for (int i = 0; i < n; i++) {
        float px = x[i] * 0.5f - 0.25f, py = y[i] * 0.5f - 0.25f;
        px = px < 0 ? 0 : px > right ? right : px;
        py = py < 0 ? 0 : py > end ? end : py;
        int u = (int)(px * 256), v = (int)(py * 256);
        int at = (v >> 8) * line + (u >> 8);
        uint32_t above = two_at(from + at), below = two_at(from + at + line);
        uint32_t fx = (uint32_t)u & 255, fy = (uint32_t)v & 255;
        low[i] = (uint8_t)((between(above, below, fx, fy) + 32768) >> 16);
        high[i] =
            (uint8_t)((between(above >> 8, below >> 8, fx, fy) + 32768) >> 16);
    }
}

void texels_light(const struct texels *t, const struct gaze *g, uint8_t *to)
{
    if (g->soft)
        take_soft(t->light, g->x, g->y, g->soft, g->n, to);
    else
        take_sharp(t->light, g->x, g->y, g->n, to);
    if (g->dusk)
        darken(g->dusk, g->n, 16, to);
}

void texels_tint(const struct texels *t, const struct gaze *g, uint8_t *u,
                 uint8_t *v)
{
    take_both(t->tint, g->x, g->y, g->n, u, v);
    if (g->dusk) {
        darken(g->dusk, g->n, 128, u);
        darken(g->dusk, g->n, 128, v);
    }
}
