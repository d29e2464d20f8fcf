#include "gateway/render_paint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/scene_noise.h"

#define STEPS 7      // of light
#define TINT 0.82f   // how much of the colour is the theme's
#define BRUSH 150    // the picture's shorter side in widths of a brush
#define BRUSH_MAX 14 // pixels: the sums of a square of one more fit 16 bits
#define INK 0.55f    // what an edge loses of its light
#define INK_FROM 26  // change of light where the ink begins
#define INK_FULL 110 // and where it is whole
#define MEMBERS 2    // threads
#define BAND 64      // rows that a thread paints at a time

enum { RED, GREEN, BLUE, LIGHT, PLANES };

// The squares of one height that a brush may take its colour from, each named
// by its left edge, which may be outside.
struct squares {
    int32_t *rough;  // variance of the light, times the square of their area
    uint32_t *color; // what they paint, 0xbbggrr
};

// What one thread works in. Columns begin a brush before the picture.
struct easel {
    uint16_t *column[PLANES]; // sums down a square
    uint32_t *column_square;  // of the light
    uint16_t *sum[PLANES];    // of a square
    uint32_t *sum_square;
    struct squares rows[BRUSH_MAX + 1]; // the last ones, row y at y % (brush+1)
    uint32_t *chosen;                   // a row of the picture
    uint16_t *ink;                      // what edges leave of it, of 256
    uint8_t *made[2][3];                // two rows, by channel
};

struct paint {
    int width, height, brush;
    int part;               // strength, of 256
    uint32_t tone[256];     // 0xbbggrr
    int32_t ink[511];       // what is left, of 256, where light changes so much
    uint8_t *plane[PLANES]; // of the picture before
    uint8_t *rgb;           // that is painted, or
    const struct yuv_planes *planes;
    struct crew *crew;
    struct easel easel[MEMBERS];
};

static float light_of(struct color c)
{
    return 0.3f * c.r + 0.59f * c.g + 0.11f * c.b;
}

static uint8_t byte_of(float x)
{
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

// Light in steps with soft edges: hard ones would flicker.
static float stepped(float light)
{
    float at = light / 255 * STEPS;
    int whole = (int)at;
    return ((float)whole + smooth01(0.3f, 0.7f, at - (float)whole)) / STEPS *
           255;
}

// The theme's colours from dark to light, each as light as it stands for.
static void fill_tones(struct paint *p, const struct theme *t)
{
    const struct palette *c = &t->palette;
    const struct color stops[] = {
        color_scale(c->zenith, 0.3f),
        color_mix(c->shade, c->water, 0.5f),
        color_mix(color_times(t->ground_a, c->sunlight), c->cloud_dark, 0.4f),
        color_mix(c->mid, c->haze, 0.4f),
        c->horizon,
        c->sun,
    };
    const int last = (int)(sizeof(stops) / sizeof(*stops)) - 1;
    for (int i = 0; i < 256; i++) {
        float light = stepped((float)i), at = light / 255 * (float)last;
        int k = (int)at < last ? (int)at : last - 1;
        struct color tone = color_mix(stops[k], stops[k + 1], at - (float)k);
        float is = light_of(tone);
        struct color same = color_scale(tone, (light + 12) / (is + 12));
        tone = color_mix(tone, same, 0.7f);
        p->tone[i] = (uint32_t)byte_of(tone.r) |
                     (uint32_t)byte_of(tone.g) << 8 |
                     (uint32_t)byte_of(tone.b) << 16;
    }
}

static void fill_ink(struct paint *p)
{
    for (int change = 0; change < 511; change++) {
        int part = (change - INK_FROM) * 256 / (INK_FULL - INK_FROM);
        part = part < 0 ? 0 : part > 256 ? 256 : part;
        p->ink[change] = 256 - (int)(INK * (float)part);
    }
}

static void set_up_easel(const struct paint *p, struct easel *e)
{
    size_t n = (size_t)p->width + 2 * (size_t)p->brush;
    for (int k = 0; k < PLANES; k++) {
        e->column[k] = xcalloc(n, sizeof(*e->column[k]));
        e->sum[k] = xcalloc(n, sizeof(*e->sum[k]));
    }
    e->column_square = xcalloc(n, sizeof(*e->column_square));
    e->sum_square = xcalloc(n, sizeof(*e->sum_square));
    for (int i = 0; i <= p->brush; i++) {
        e->rows[i].rough = xcalloc(n, sizeof(*e->rows[i].rough));
        e->rows[i].color = xcalloc(n, sizeof(*e->rows[i].color));
    }
    e->chosen = xcalloc(n, sizeof(*e->chosen));
    e->ink = xcalloc(n, sizeof(*e->ink));
    for (int i = 0; i < 6; i++)
        e->made[i / 3][i % 3] = xcalloc(n, 1);
}

static void free_easel(struct easel *e)
{
    for (int k = 0; k < PLANES; k++) {
        free(e->column[k]);
        free(e->sum[k]);
    }
    free(e->column_square);
    free(e->sum_square);
    for (int i = 0; i <= BRUSH_MAX; i++) {
        free(e->rows[i].rough);
        free(e->rows[i].color);
    }
    free(e->chosen);
    free(e->ink);
    for (int i = 0; i < 6; i++)
        free(e->made[i / 3][i % 3]);
}

struct paint *paint_new(const struct theme *theme, float strength, int width,
                        int height)
{
    struct paint *p = xcalloc(1, sizeof(*p));
    int side = width < height ? width : height, brush = side / BRUSH;
    p->width = width;
    p->height = height;
    p->brush = brush < 2 ? 2 : brush > BRUSH_MAX ? BRUSH_MAX : brush;
    p->part = (int)(clamp01(strength) * 256);
    fill_tones(p, theme);
    fill_ink(p);
    for (int k = 0; k < PLANES; k++)
        p->plane[k] = xmalloc((size_t)width * (size_t)height);
    for (int i = 0; i < MEMBERS; i++)
        set_up_easel(p, &p->easel[i]);
    p->crew = crew_new(MEMBERS);
    return p;
}

void paint_free(struct paint *p)
{
    if (!p)
        return;
    crew_free(p->crew);
    for (int i = 0; i < MEMBERS; i++)
        free_easel(&p->easel[i]);
    for (int k = 0; k < PLANES; k++)
        free(p->plane[k]);
    free(p);
}

// --- planes

CLONED static void split_row(const uint8_t *restrict rgb, int n,
                             uint8_t *restrict r, uint8_t *restrict g,
                             uint8_t *restrict b, uint8_t *restrict light)
{
    for (int i = 0; i < n; i++) {
        unsigned red = rgb[3 * i], green = rgb[3 * i + 1],
                 blue = rgb[3 * i + 2];
        r[i] = (uint8_t)red;
        g[i] = (uint8_t)green;
        b[i] = (uint8_t)blue;
        light[i] = (uint8_t)((red * 77 + green * 150 + blue * 29) >> 8);
    }
}

static void split_band(void *arg, int part, int member)
{
    const struct paint *p = arg;
    (void)member;
    for (int y = part * BAND; y < (part + 1) * BAND && y < p->height; y++) {
        size_t at = (size_t)y * (size_t)p->width;
        split_row(p->rgb + 3 * at, p->width, p->plane[RED] + at,
                  p->plane[GREEN] + at, p->plane[BLUE] + at,
                  p->plane[LIGHT] + at);
    }
}

CLONED static void find_light(const uint8_t *restrict r,
                              const uint8_t *restrict g,
                              const uint8_t *restrict b, int n,
                              uint8_t *restrict light)
{
    for (int i = 0; i < n; i++)
        light[i] = (uint8_t)((r[i] * 77 + g[i] * 150 + b[i] * 29) >> 8);
}

static void split_planes(void *arg, int part, int member)
{
    const struct paint *p = arg;
    (void)member;
    for (int y = part * BAND; y < (part + 1) * BAND && y < p->height; y++) {
        size_t at = (size_t)y * (size_t)p->width;
        uint8_t *rows[] = {p->plane[RED] + at, p->plane[GREEN] + at,
                           p->plane[BLUE] + at};
        yuv_to_channels(p->planes, p->width, p->height, y, rows);
        find_light(rows[0], rows[1], rows[2], p->width, p->plane[LIGHT] + at);
    }
}

// --- squares

// A row of the picture; its edge rows go on beyond it.
static const uint8_t *row_at(const struct paint *p, int plane, int y)
{
    y = y < 0 ? 0 : y >= p->height ? p->height - 1 : y;
    return p->plane[plane] + (size_t)y * (size_t)p->width;
}

CLONED static void add_row(const uint8_t *restrict row, int n,
                           uint16_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint16_t)(to[i] + row[i]);
}

CLONED static void move_row(const uint8_t *restrict in,
                            const uint8_t *restrict out, int n,
                            uint16_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] = (uint16_t)(to[i] + in[i] - out[i]);
}

CLONED static void move_squares(const uint8_t *restrict in,
                                const uint8_t *restrict out, int n,
                                uint32_t *restrict to)
{
    for (int i = 0; i < n; i++)
        to[i] += (uint32_t)(in[i] * in[i] - out[i] * out[i]);
}

static void begin_columns(const struct paint *p, struct easel *e, int y)
{
    size_t n = (size_t)p->width;
    for (int k = 0; k < PLANES; k++) {
        memset(e->column[k] + p->brush, 0, n * sizeof(*e->column[k]));
        for (int i = 0; i <= p->brush; i++)
            add_row(row_at(p, k, y + i), p->width, e->column[k] + p->brush);
    }
    uint32_t *square = e->column_square + p->brush;
    memset(square, 0, n * sizeof(*square));
    for (int i = 0; i <= p->brush; i++) {
        const uint8_t *light = row_at(p, LIGHT, y + i);
        for (int x = 0; x < p->width; x++)
            square[x] += (uint32_t)(light[x] * light[x]);
    }
}

// From the squares whose upper edge is at y - 1 to those at y.
static void move_columns(const struct paint *p, struct easel *e, int y)
{
    for (int k = 0; k < PLANES; k++)
        move_row(row_at(p, k, y + p->brush), row_at(p, k, y - 1), p->width,
                 e->column[k] + p->brush);
    move_squares(row_at(p, LIGHT, y + p->brush), row_at(p, LIGHT, y - 1),
                 p->width, e->column_square + p->brush);
}

CLONED static void add_across(const uint16_t *restrict from, int n, int wide,
                              uint16_t *restrict to)
{
    memcpy(to, from, (size_t)n * sizeof(*to));
    for (int k = 1; k < wide; k++)
        for (int i = 0; i < n; i++)
            to[i] = (uint16_t)(to[i] + from[i + k]);
}

CLONED static void add_squares_across(const uint32_t *restrict from, int n,
                                      int wide, uint32_t *restrict to)
{
    memcpy(to, from, (size_t)n * sizeof(*to));
    for (int k = 1; k < wide; k++)
        for (int i = 0; i < n; i++)
            to[i] += from[i + k];
}

CLONED static void find_rough(const uint16_t *restrict light,
                              const uint32_t *restrict square, int n,
                              uint32_t area, int32_t *restrict rough)
{
    for (int i = 0; i < n; i++)
        rough[i] = (int32_t)(square[i] * area - (uint32_t)light[i] * light[i]);
}

// What the squares paint: their mean, tinted.
CLONED static void find_colors(const uint32_t *tones,
                               const uint16_t *const *sums, int n,
                               uint32_t area, uint32_t *restrict color)
{
    const uint32_t tint = (uint32_t)(TINT * 256), own = 256 - tint;
    const uint32_t part = (65536 + area - 1) / area;
    const uint16_t *red = sums[RED], *green = sums[GREEN];
    const uint16_t *blue = sums[BLUE], *light = sums[LIGHT];
    APART
    for (int i = 0; i < n; i++) {
        uint32_t tone = tones[light[i] * part >> 16];
        uint32_t two = red[i] * part >> 16 | (blue[i] * part & 0xff0000u);
        uint32_t one = green[i] * part >> 16;
        two = (two * own + (tone & 0xff00ffu) * tint) >> 8 & 0xff00ffu;
        one = (one * own + (tone >> 8 & 255) * tint) & 0xff00u;
        color[i] = two | one;
    }
}

static void find_squares(const struct paint *p, struct easel *e, int y)
{
    int wide = p->brush + 1, n = p->width + p->brush;
    uint32_t area = (uint32_t)(wide * wide);
    for (int k = 0; k < PLANES; k++) {
        uint16_t *c = e->column[k];
        for (int i = 0; i < p->brush; i++) {
            c[i] = c[p->brush];
            c[n + i] = c[n - 1];
        }
        add_across(c, n, wide, e->sum[k]);
    }
    uint32_t *c = e->column_square;
    for (int i = 0; i < p->brush; i++) {
        c[i] = c[p->brush];
        c[n + i] = c[n - 1];
    }
    add_squares_across(c, n, wide, e->sum_square);
    struct squares *row = &e->rows[(y + wide) % wide];
    find_rough(e->sum[LIGHT], e->sum_square, n, area, row->rough);
    find_colors(p->tone, (const uint16_t *const *)e->sum, n, area, row->color);
}

// --- pixels

// Of the four squares that meet at a pixel, the smoothest paints it.
CLONED static void choose(const struct squares *above,
                          const struct squares *below, int n, int brush,
                          uint32_t *restrict to)
{
    const int32_t *ra = above->rough, *rb = below->rough;
    const uint32_t *ca = above->color, *cb = below->color;
    for (int i = 0; i < n; i++) {
        int32_t best = ra[i];
        uint32_t c = ca[i];
        c = ra[i + brush] < best ? ca[i + brush] : c;
        best = ra[i + brush] < best ? ra[i + brush] : best;
        c = rb[i] < best ? cb[i] : c;
        best = rb[i] < best ? rb[i] : best;
        to[i] = rb[i + brush] < best ? cb[i + brush] : c;
    }
}

// The light that edges leave of a row that is not the first or the last.
CLONED static void find_ink(const int32_t *table, const uint8_t *light,
                            const uint8_t *above, const uint8_t *below, int n,
                            uint16_t *restrict ink)
{
    for (int i = 1; i < n - 1; i++)
        ink[i] = (uint16_t)
            table[abs(light[i + 1] - light[i - 1]) + abs(below[i] - above[i])];
    ink[0] = ink[n - 1] = 256;
}

// No number is above 256 * 255: 16 at once, where the compiler knows it.
CLONED static void lay_row(const uint8_t *restrict from,
                           const uint32_t *restrict chosen,
                           const uint16_t *restrict ink, int n, uint16_t part,
                           int shift, uint8_t *restrict to)
{
    const uint16_t own = (uint16_t)(256 - part);
    for (int i = 0; i < n; i++) {
        uint16_t color = (uint8_t)(chosen[i] >> shift);
        uint16_t made = (uint16_t)((uint16_t)(color * ink[i]) >> 8);
        uint16_t sum =
            (uint16_t)((uint16_t)(from[i] * own) + (uint16_t)(made * part));
        to[i] = (uint8_t)(sum >> 8);
    }
}

// A row by channel, from the colours that were chosen.
static void make_row(const struct paint *p, const struct easel *e, int y,
                     uint8_t *const *to)
{
    size_t at = (size_t)y * (size_t)p->width;
    uint16_t *ink = e->ink;
    if (y > 0 && y < p->height - 1)
        find_ink(p->ink, p->plane[LIGHT] + at, row_at(p, LIGHT, y - 1),
                 row_at(p, LIGHT, y + 1), p->width, ink);
    else
        for (int x = 0; x < p->width; x++)
            ink[x] = 256;
    for (int k = 0; k < 3; k++)
        lay_row(p->plane[k] + at, e->chosen, ink, p->width, (uint16_t)p->part,
                8 * k, to[k]);
}

CLONED static void join(const uint8_t *restrict red,
                        const uint8_t *restrict green,
                        const uint8_t *restrict blue, int n,
                        uint8_t *restrict rgb)
{
    APART
    for (int i = 0; i < n; i++) {
        rgb[3 * i] = red[i];
        rgb[3 * i + 1] = green[i];
        rgb[3 * i + 2] = blue[i];
    }
}

// Where a row goes: at once, or with the one above it.
static void put_row(const struct paint *p, const struct easel *e, int y)
{
    uint8_t *const *made = e->made[y % 2];
    if (!p->planes) {
        join(made[RED], made[GREEN], made[BLUE], p->width,
             p->rgb + 3 * (size_t)y * (size_t)p->width);
    } else if (y % 2) {
        struct yuv_planes to = yuv_below(p->planes, y - 1);
        yuv_from_channels((const uint8_t *const *)e->made[0],
                          (const uint8_t *const *)e->made[1], p->width, &to);
    }
}

static void paint_band(void *arg, int part, int member)
{
    struct paint *p = arg;
    struct easel *e = &p->easel[member];
    int first = part * BAND, wide = p->brush + 1;
    begin_columns(p, e, first - p->brush);
    find_squares(p, e, first - p->brush);
    for (int y = first - p->brush + 1; y < first; y++) {
        move_columns(p, e, y);
        find_squares(p, e, y);
    }
    for (int y = first; y < first + BAND && y < p->height; y++) {
        move_columns(p, e, y);
        find_squares(p, e, y);
        choose(&e->rows[(y - p->brush + wide) % wide], &e->rows[y % wide],
               p->width, p->brush, e->chosen);
        make_row(p, e, y, e->made[y % 2]);
        put_row(p, e, y);
    }
}

static void paint_all(struct paint *p,
                      void (*split)(void *arg, int part, int member))
{
    int bands = (p->height + BAND - 1) / BAND;
    crew_run(p->crew, bands, split, p);
    crew_run(p->crew, bands, paint_band, p);
}

void paint_over(struct paint *p, uint8_t *rgb)
{
    if (p->part == 0)
        return;
    p->rgb = rgb;
    p->planes = NULL;
    paint_all(p, split_band);
}

void paint_planes(struct paint *p, const struct yuv_planes *planes)
{
    if (p->part == 0)
        return;
    p->planes = planes;
    paint_all(p, split_planes);
}
