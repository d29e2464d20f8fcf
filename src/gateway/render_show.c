#include "gateway/render_show.h"

#include <math.h>
#include <stdlib.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/scene_noise.h"

#define CELL LOOK_CELL
#define BAND (10 * CELL) // rows that a thread draws at a time

struct showing {
    const struct aim *aim;
    const struct texels *texels;
    const struct yuv_planes *planes;
};

// What one thread works in.
struct desk {
    struct mesh mesh;
    struct gaze gaze; // the memory
    bool outside;     // some of the mesh is beyond the picture's edges
    bool far;         // some of it sees more than a texel a pixel
};

static struct desk open_desk(const struct showing *s, int y)
{
    struct desk d = {.mesh = mesh_open(s->aim, y)};
    size_t n = (size_t)d.mesh.points * CELL;
    d.gaze = (struct gaze){.x = xmalloc(sizeof(float) * n),
                           .y = xmalloc(sizeof(float) * n),
                           .soft = xmalloc(sizeof(int32_t) * n),
                           .dusk = xmalloc(sizeof(int32_t) * n)};
    return d;
}

static void close_desk(struct desk *d)
{
    mesh_close(&d->mesh);
    free(d->gaze.x);
    free(d->gaze.y);
    free(d->gaze.soft);
    free(d->gaze.dusk);
}

static bool is_within(const float *at, int n, int size)
{
    float least = at[0], most = at[0];
    for (int i = 1; i < n; i++) {
        least = at[i] < least ? at[i] : least;
        most = at[i] > most ? at[i] : most;
    }
    return least >= 0 && most <= (float)(size - 1);
}

// How soft the pixels are of a cell that goes so far: the more texels there are
// to a pixel, the more it is a mean of.
static int32_t softness(float x, float y)
{
    float step = (fabsf(x) + fabsf(y)) / CELL;
    float part = step < 1.01f ? 0 : step < 1.5f ? (step - 1) * step : step / 2;
    return (int32_t)(256 * clamp01(part));
}

static void look_down(const struct showing *s, int y, struct desk *d)
{
    struct mesh *m = &d->mesh;
    int w = texels_width(s->texels), h = texels_height(s->texels);
    mesh_move(m, s->aim, y);
    d->outside = false;
    for (int i = 0; i < 2; i++)
        d->outside |= !is_within(m->x[i], m->points, w) ||
                      !is_within(m->y[i], m->points, h);
    d->far = false;
    for (int i = 0; i + 1 < m->points; i++) {
        int32_t soft =
            softness(m->x[0][i + 1] - m->x[0][i], m->y[0][i + 1] - m->y[0][i]);
        for (int k = 0; k < CELL; k++)
            d->gaze.soft[i * CELL + k] = soft;
        d->far |= soft > 0;
    }
}

// Along a row of the mesh's cells, `part` of the way down: at every pixel.
CLONED static void widen(const float *restrict above,
                         const float *restrict below, float part, int cells,
                         float *restrict to)
{
    for (int i = 0; i < cells; i++) {
        float a = mix(above[i], below[i], part);
        float b = mix(above[i + 1], below[i + 1], part);
        float step = (b - a) / CELL;
        for (int k = 0; k < CELL; k++)
            to[i * CELL + k] = a + (float)k * step;
    }
}

// The same in the middle of every two pixels.
CLONED static void widen_half(const float *restrict above,
                              const float *restrict below, float part,
                              int cells, float *restrict to)
{
    const int half = CELL / 2;
    for (int i = 0; i < cells; i++) {
        float a = mix(above[i], below[i], part);
        float b = mix(above[i + 1], below[i + 1], part);
        float step = (b - a) / CELL;
        for (int k = 0; k < half; k++)
            to[i * half + k] = a + (2 * (float)k + 0.5f) * step;
    }
}

// `d`'s gaze, as far as it is needed, of `n` pixels.
static struct gaze gaze_of(const struct showing *s, const struct desk *d, int n)
{
    struct gaze g = d->gaze;
    g.n = n;
    if (d->outside)
        texels_reflect(s->texels, &g);
    else
        g.dusk = NULL;
    if (!d->far)
        g.soft = NULL;
    return g;
}

static void show_light(const struct showing *s, const struct desk *d, int y)
{
    const struct mesh *m = &d->mesh;
    float part = (float)(y % CELL) / CELL;
    widen(m->x[0], m->x[1], part, m->points - 1, d->gaze.x);
    widen(m->y[0], m->y[1], part, m->points - 1, d->gaze.y);
    struct gaze g = gaze_of(s, d, s->aim->view->width);
    struct yuv_planes to = *s->planes;
    texels_light(s->texels, &g, to.at[0] + (ptrdiff_t)y * to.stride[0]);
}

// Of the rows `y` and y + 1.
static void show_tint(const struct showing *s, const struct desk *d, int y)
{
    const struct mesh *m = &d->mesh;
    float part = ((float)(y % CELL) + 0.5f) / CELL;
    widen_half(m->x[0], m->x[1], part, m->points - 1, d->gaze.x);
    widen_half(m->y[0], m->y[1], part, m->points - 1, d->gaze.y);
    struct gaze g = gaze_of(s, d, s->aim->view->width / 2);
    struct yuv_planes to = yuv_below(s->planes, y);
    texels_tint(s->texels, &g, to.at[1], to.at[2]);
}

static void show_band(void *arg, int part, int member)
{
    const struct showing *s = arg;
    int first = part * BAND, height = s->aim->view->height;
    (void)member;
    struct desk desk = open_desk(s, first);
    for (int y = first; y < first + BAND && y < height; y += 2) {
        if (y % CELL == 0)
            look_down(s, y, &desk);
        show_light(s, &desk, y);
        show_light(s, &desk, y + 1);
        show_tint(s, &desk, y);
    }
    close_desk(&desk);
}

void show_planes(const struct aim *aim, const struct texels *texels,
                 struct crew *crew, const struct yuv_planes *planes)
{
    struct showing showing = {aim, texels, planes};
    int height = aim->view->height;
    crew_run(crew, (height + BAND - 1) / BAND, show_band, &showing);
}
