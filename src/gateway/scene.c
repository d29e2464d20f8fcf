#include "gateway/scene.h"

#include <stdlib.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/scene_parts.h"

#define BAND 12        // rows that a thread takes at a time, even
#define GRAIN 64       // side of the tile of grain
#define GRAIN_MAX 1.3f // of 255: hides the steps of soft skies

static float *make_grain(uint64_t seed, int width)
{
    float tile[GRAIN * GRAIN];
    struct rng rng = {seed ^ 0x9a17u};
    for (int i = 0; i < GRAIN * GRAIN; i++)
        tile[i] = (rng_unit(&rng) - rng_unit(&rng)) * GRAIN_MAX;
    float *grain = xmalloc(sizeof(*grain) * GRAIN * (size_t)width);
    for (int i = 0; i < GRAIN * width; i++)
        grain[i] = tile[i / width * GRAIN + i % width % GRAIN] + 0.5f;
    return grain;
}

static struct grid *make_noise(const struct theme *theme)
{
    struct tile *tile = tile_new((uint32_t)theme->seed, 8, 6);
    struct grid *grid = grid_of(tile);
    free(tile);
    return grid;
}

struct scene *scene_new(const struct theme *theme, int width, int height)
{
    struct scene *s = xcalloc(1, sizeof(*s));
    s->theme = *theme;
    s->width = width;
    s->height = height;
    s->crew = crew_new(SCENE_THREADS);
    for (int i = 0; i < SCENE_THREADS; i++) {
        s->rows[i] = row_new(width);
        for (int k = 0; k < 6; k++)
            s->made[i].at[k / 3][k % 3] = xmalloc((size_t)width);
    }
    s->crowd = crowd_new();
    s->noise = make_noise(theme);
    sky_init(&s->sky, theme);
    hills_init(s);
    s->sprites = sprites_new(theme, width < height ? width : height);
    s->grain = make_grain(theme->seed, width);
    s->aside = xmalloc(sizeof(float) * (size_t)width);
    for (int i = 0; i < width; i++) {
        float dx = (float)i + 0.5f - (float)width / 2;
        s->aside[i] = dx * dx;
    }
    return s;
}

void scene_free(struct scene *s)
{
    if (!s)
        return;
    crew_free(s->crew);
    for (int i = 0; i < SCENE_THREADS; i++) {
        row_free(&s->rows[i]);
        for (int k = 0; k < 6; k++)
            free(s->made[i].at[k / 3][k % 3]);
    }
    sky_free(&s->sky);
    hills_free(s);
    sprites_free(s->sprites);
    free(s->noise);
    free(s->crowd);
    free(s->grain);
    free(s->aside);
    free(s);
}

// How much light reaches each pixel of row `y`.
CLONED static void find_shade(const struct scene *s, const struct view *w,
                              int y, float *restrict shade)
{
    const float *restrict aside = s->aside;
    float dy = (float)y + 0.5f - (float)s->height / 2, falloff = w->falloff;
    float middle = camera_light(w, 0, dy);
    for (int i = 0, n = s->width; i < n; i++)
        shade[i] = middle - falloff * aside[i];
}

// A channel of a row as whole numbers; the light is not negative, and the grain
// more than -1.
CLONED static void finish(const float *restrict light,
                          const float *restrict shade,
                          const float *restrict grain, int n,
                          uint8_t *restrict to)
{
    for (int i = 0; i < n; i++) {
        int x = (int)(light[i] * shade[i] + grain[i]);
        to[i] = (uint8_t)(x > 255 ? 255 : x);
    }
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

static void finish_row(const struct scene *s, const struct view *w, int y,
                       struct row *row, uint8_t *const *to)
{
    float *shade = row->spare[0];
    const float *grain = s->grain + y % GRAIN * s->width;
    find_shade(s, w, y, shade);
    finish(row->red, shade, grain, s->width, to[0]);
    finish(row->green, shade, grain, s->width, to[1]);
    finish(row->blue, shade, grain, s->width, to[2]);
}

static void aim_row(const struct scene *s, const struct view *w, int y,
                    struct row *row)
{
    float step = 1 / w->focal, left = 0.5f - (float)s->width / 2;
    float down = (float)y + 0.5f - (float)s->height / 2;
    row->u = (w->cosine * left - w->sine * down) * step;
    row->v = (w->sine * left + w->cosine * down) * step;
    row->du = w->cosine * step;
    row->dv = w->sine * step;
}

// The things that some rows have to do with.
struct near {
    short thing[CROWD_MAX];
    int n;
};

static void draw_row(const struct scene *s, const struct view *w,
                     const struct near *near, int y, struct row *row,
                     uint8_t *const *to)
{
    aim_row(s, w, y, row);
    row_clear(row);
    crowd_row(s->crowd, near->thing, near->n, y, row);
    sky_glow(s, w, row);
    ground_row(s, w, row);
    for (int i = HILLS - 1; i >= 0; i--)
        hill_row(s, &s->hills[i], w, row);
    sky_row(s, w, row);
    finish_row(s, w, y, row, to);
}

struct picture {
    struct scene *scene;
    const struct view *view;
    uint8_t *rgb; // or
    const struct yuv_planes *planes;
};

// Where a row goes: at once, or with the one above it.
static void put_row(const struct picture *p, const struct made *made, int y)
{
    int n = p->scene->width;
    if (!p->planes) {
        uint8_t *const *at = made->at[y % 2];
        join(at[0], at[1], at[2], n, p->rgb + 3 * (size_t)y * (size_t)n);
    } else if (y % 2) {
        struct yuv_planes to = yuv_below(p->planes, y - 1);
        yuv_from_channels((const uint8_t *const *)made->at[0],
                          (const uint8_t *const *)made->at[1], n, &to);
    }
}

static void draw_band(void *arg, int part, int member)
{
    const struct picture *p = arg;
    struct scene *s = p->scene;
    const struct made *made = &s->made[member];
    int from = part * BAND, to = from + BAND;
    struct near near;
    to = to < s->height ? to : s->height;
    near.n = crowd_band(s->crowd, from, to, near.thing);
    for (int y = from; y < to; y++) {
        draw_row(s, p->view, &near, y, &s->rows[member], made->at[y % 2]);
        put_row(p, made, y);
    }
}

static void draw(struct picture picture)
{
    struct scene *s = picture.scene;
    const struct view *w = picture.view;
    crowd_gather(s->crowd, s, w); // paints new things: before the threads
    aim_row(s, w, 0, &s->rows[0]);
    for (int i = 0; i < HILLS && s->rows[0].dv == 0; i++)
        hill_look(&s->hills[i], w, &s->rows[0]);
    crew_run(s->crew, (s->height + BAND - 1) / BAND, draw_band, &picture);
}

void scene_draw(struct scene *s, const struct view *w, uint8_t *rgb)
{
    draw((struct picture){s, w, rgb, NULL});
}

void scene_draw_planes(struct scene *s, const struct view *w,
                       const struct yuv_planes *planes)
{
    draw((struct picture){s, w, NULL, planes});
}
