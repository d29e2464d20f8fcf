#include "gateway/scene.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/scene_parts.h"

#define BAND 12        // rows that a thread takes at a time
#define GRAIN 64       // side of the tile of grain
#define GRAIN_MAX 1.3f // of 255: hides the steps of soft skies

static float *make_grain(uint64_t seed, int width)
{
    float tile[GRAIN * GRAIN];
    struct rng rng = {seed ^ 0x9a17u};
    for (int i = 0; i < GRAIN * GRAIN; i++)
        tile[i] = (rng_unit(&rng) - rng_unit(&rng)) * GRAIN_MAX;
    float *grain = xmalloc(sizeof(*grain) * GRAIN * 3 * (size_t)width);
    for (int i = 0; i < GRAIN * 3 * width; i++) {
        int x = i / 3 % width, y = i / 3 / width;
        grain[i] = tile[y * GRAIN + x % GRAIN] + 0.5f;
    }
    return grain;
}

static struct row row_of(int width)
{
    size_t n = (size_t)width;
    struct row row = {.width = width,
                      .rgb = xmalloc(sizeof(float) * 3 * n),
                      .keep = xmalloc(sizeof(float) * n),
                      .open = xmalloc(sizeof(int) * (n + 1)),
                      .glow = xmalloc(sizeof(float) * n)};
    row.open[n] = width;
    return row;
}

static void free_row(struct row *row)
{
    free(row->rgb);
    free(row->keep);
    free(row->open);
    free(row->glow);
}

struct scene *scene_new(const struct theme *theme, int width, int height)
{
    struct scene *s = xcalloc(1, sizeof(*s));
    s->theme = *theme;
    s->width = width;
    s->height = height;
    s->crew = crew_new(SCENE_THREADS);
    for (int i = 0; i < SCENE_THREADS; i++)
        s->rows[i] = row_of(width);
    s->crowd = crowd_new();
    s->noise = tile_new((uint32_t)theme->seed, 8, 6);
    sky_init(&s->sky, theme);
    hills_init(s);
    s->sprites = sprites_new(theme, width < height ? width : height);
    s->grain = make_grain(theme->seed, width);
    s->aside = xmalloc(sizeof(float) * 3 * (size_t)width);
    for (int i = 0; i < 3 * width; i++) {
        float dx = (float)(i / 3) + 0.5f - (float)width / 2;
        s->aside[i] = dx * dx;
    }
    return s;
}

void scene_free(struct scene *s)
{
    if (!s)
        return;
    crew_free(s->crew);
    for (int i = 0; i < SCENE_THREADS; i++)
        free_row(&s->rows[i]);
    sky_free(&s->sky);
    sprites_free(s->sprites);
    free(s->noise);
    free(s->crowd);
    free(s->grain);
    free(s->aside);
    free(s);
}

void row_below(const struct row *row, float v, int *from, int *to)
{
    *from = 0;
    *to = row->width;
    float last = row->v + (float)(row->width - 1) * row->dv;
    if (row->v < v && last < v) {
        *to = 0;
    } else if (row->v < v || last < v) {
        int at = (int)((v - row->v) / row->dv) + (row->dv > 0 ? 1 : 0);
        if (row->dv > 0)
            *from = at;
        else
            *to = at;
    }
}

CLONED static void finish_row(const struct scene *s, const struct view *w,
                              int y, const float *restrict row,
                              uint8_t *restrict rgb)
{
    const float *restrict grain = s->grain + y % GRAIN * 3 * s->width;
    const float *restrict aside = s->aside;
    float dy = (float)y + 0.5f - (float)s->height / 2, falloff = w->falloff;
    float middle = camera_light(w, 0, dy);
    for (int i = 0, n = 3 * s->width; i < n; i++) {
        int x = (int)(row[i] * (middle - falloff * aside[i]) + grain[i]);
        rgb[i] = (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
    }
}

static void draw_row(const struct scene *s, const struct view *w, int y,
                     struct row *row, uint8_t *rgb)
{
    float step = 1 / w->focal, left = 0.5f - (float)s->width / 2;
    float down = (float)y + 0.5f - (float)s->height / 2;
    row->u = (w->cosine * left - w->sine * down) * step;
    row->v = (w->sine * left + w->cosine * down) * step;
    row->du = w->cosine * step;
    row->dv = w->sine * step;
    for (int i = 0; i < s->width; i++) {
        row->keep[i] = 1;
        row->open[i] = i;
    }
    memset(row->rgb, 0, sizeof(float) * 3 * (size_t)s->width);
    crowd_row(s->crowd, y, row);
    sky_glow(s, w, row);
    ground_row(s, w, row);
    for (int i = HILLS - 1; i >= 0; i--)
        hill_row(s, &s->hills[i], w, row);
    sky_row(s, w, row);
    finish_row(s, w, y, row->rgb, rgb);
}

struct picture {
    struct scene *scene;
    const struct view *view;
    uint8_t *rgb;
};

static void draw_band(void *arg, int part, int member)
{
    const struct picture *p = arg;
    struct scene *s = p->scene;
    size_t line = (size_t)s->width * 3;
    for (int i = 0; i < BAND; i++) {
        int y = part * BAND + i;
        if (y < s->height)
            draw_row(s, p->view, y, &s->rows[member],
                     p->rgb + (size_t)y * line);
    }
}

void scene_draw(struct scene *s, const struct view *w, uint8_t *rgb)
{
    crowd_gather(s->crowd, s, w); // paints new things: before the threads
    struct picture picture = {s, w, rgb};
    crew_run(s->crew, (s->height + BAND - 1) / BAND, draw_band, &picture);
}
