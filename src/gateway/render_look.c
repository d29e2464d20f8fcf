#include "gateway/render_look.h"

#include <math.h>
#include <stdlib.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/scene_noise.h"

#define FAR 0.020f      // 1 / metres
#define NEAR 0.100f     // the same, at the lower edge
#define MEAN 0.048f     // of a picture
#define TRUCK_MAX 6     // metres, approached and never reached
#define CRANE_MAX 3     // metres
#define BACK_MAX 8      // metres
#define PAN_X_MAX 0.35f // focal lengths
#define PAN_Y_MAX 0.15f
#define CLOSER_MAX 0.5f // what the camera closes in to hide the edge
#define CLOSER 0.4f     // the part of a move that it hides so
#define STEPS 8         // towards the place that is seen
// From where the row above has come to; a camera that goes back, or rolls, sees
// more of a change from row to row.
#define STEPS_ON 3
#define STEPS_MORE 5
#define STEP 0.8f

// Like `x` where it is small; never more than `most`.
static float soft(float x, float most)
{
    return x / (1 + fabsf(x) / most);
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

// A roll is hidden whole, as far as that goes. To hide all of a move would look
// like a dolly.
static float closer_of(const struct aim *a)
{
    const struct view *w = a->view;
    float hw = (float)w->width / 2, hh = (float)w->height / 2;
    float cosine = fabsf(w->cosine), sine = fabsf(w->sine);
    float turn = larger((cosine * hw + sine * hh) / a->half_w,
                        (sine * hw + cosine * hh) / a->half_h);
    float x = fabsf(a->x) * MEAN + fabsf(a->pan_x) / 2;
    float y = fabsf(a->y) * MEAN + fabsf(a->pan_y) / 2;
    float move = w->focal * larger(x / a->half_w, y / a->half_h);
    float need = larger(turn, 1) - 1 + CLOSER * move;
    return 1 + soft(need, CLOSER_MAX);
}

float look_scale(int width, int height, const struct view *w)
{
    float x = (float)w->width / (float)width;
    float y = (float)w->height / (float)height;
    return x > y ? x : y;
}

struct aim look_aim(const struct depth *depth, int width, int height,
                    const struct view *w, const struct still_part *part)
{
    float scale = look_scale(width, height, w);
    struct aim a = {.depth = depth,
                    .view = w,
                    .part = part,
                    .x = soft(w->x, TRUCK_MAX),
                    .y = soft(w->y - CAMERA_EYE, CRANE_MAX),
                    .z = w->z > 0 ? w->z : -soft(-w->z, BACK_MAX),
                    .pan_x = soft(w->bg_x, PAN_X_MAX),
                    .pan_y = soft(w->bg_y, PAN_Y_MAX),
                    .scale = scale,
                    .width = (float)width,
                    .height = (float)height,
                    .half_w = (float)width * scale / 2,
                    .half_h = (float)height * scale / 2};
    a.closer = closer_of(&a);
    return a;
}

bool look_is_at_rest(const struct aim *a)
{
    const struct view *w = a->view;
    return a->width == (float)w->width && a->height == (float)w->height &&
           !a->part && a->x == 0 && a->y == 0 && a->z == 0 && a->pan_x == 0 &&
           a->pan_y == 0 && w->sine == 0 && w->cosine == 1;
}

// Points of the frame, in pixels from its centre; and what is seen there.
struct points {
    int n;
    float *x, *y, *to_x, *to_y;
};

CLONED static void place_points(const struct aim a, const struct view w, int y,
                                const float *restrict off_x,
                                const float *restrict off_y,
                                const struct points p)
{
    float *restrict px = p.x, *restrict py = p.y;
    float *restrict sx = p.to_x, *restrict sy = p.to_y;
    float down = (float)y + 0.5f - (float)w.height / 2;
    float left = 0.5f - (float)w.width / 2;
    APART
    for (int i = 0; i < p.n; i++) {
        float x = left + (float)(i * LOOK_CELL);
        px[i] = (x * w.cosine - down * w.sine) / a.closer;
        py[i] = (x * w.sine + down * w.cosine) / a.closer;
        sx[i] = px[i] + off_x[i];
        sy[i] = py[i] + off_y[i];
    }
}

static void keep_offsets(const struct points p, float *off_x, float *off_y)
{
    for (int i = 0; i < p.n; i++) {
        off_x[i] = p.to_x[i] - p.x[i];
        off_y[i] = p.to_y[i] - p.y[i];
    }
}

// A step nearer to where the eye sees the pixel at each point, what is there
// being as near as the depth says. Inlined with a constant for `pans`, so that
// the loop works out nothing that only a pan needs.
INLINED void step(const struct aim a, const struct depth *depth, float focal,
                  const struct points p, bool pans)
{
    const float *restrict px = p.x, *restrict py = p.y;
    float *restrict sx = p.to_x, *restrict sy = p.to_y;
    const float across = 0.5f / a.half_w, down = 0.5f / a.half_h;
    APART
    for (int i = 0; i < p.n; i++) {
        float near =
            depth_at(depth, 0.5f + sx[i] * across, 0.5f + sy[i] * down);
        float q = mix(FAR, NEAR, near);
        float grow = a.z > 0 ? 1 / (1 + q * a.z) : 1 - q * a.z;
        float far_x = pans ? a.pan_x * (1 - smooth01(0, 0.6f, near)) : 0;
        float far_y = pans ? a.pan_y * (1 - smooth01(0, 0.8f, near)) : 0;
        float x = px[i] * grow + focal * (q * a.x + far_x);
        float y = py[i] * grow - focal * (q * a.y + far_y);
        sx[i] += (x - sx[i]) * STEP;
        sy[i] += (y - sy[i]) * STEP;
    }
}

CLONED static void step_panning(const struct aim a, const struct depth *depth,
                                float focal, const struct points p)
{
    step(a, depth, focal, p, true);
}

CLONED static void step_plain(const struct aim a, const struct depth *depth,
                              float focal, const struct points p)
{
    step(a, depth, focal, p, false);
}

CLONED static void move_part(const struct aim a, const struct still_part m,
                             const struct points p)
{
    float *restrict sx = p.to_x, *restrict sy = p.to_y;
    float w = 2 * a.half_w, h = 2 * a.half_h;
    APART
    for (int i = 0; i < p.n; i++) {
        float x = sx[i] - (m.x - 0.5f) * w, y = sy[i] - (m.y - 0.5f) * h;
        float ex = x / (m.rx * w), ey = y / (m.ry * h);
        float weight = 1 - smooth01(0.25f, 1, ex * ex + ey * ey);
        float bx = x - m.dx * h, by = y - m.dy * h;
        float tx = (bx * m.cosine + by * m.sine) / m.grow;
        float ty = (by * m.cosine - bx * m.sine) / m.grow;
        sx[i] += (tx - x) * weight;
        sy[i] += (ty - y) * weight;
    }
}

CLONED static void to_texels(const struct aim a, const struct points p)
{
    float *restrict sx = p.to_x, *restrict sy = p.to_y;
    const float part = 1 / a.scale;
    APART
    for (int i = 0; i < p.n; i++) {
        sx[i] = a.width / 2 + sx[i] * part - 0.5f;
        sy[i] = a.height / 2 + sy[i] * part - 0.5f;
    }
}

// A row of the mesh; it begins where the row above ended, in `steps` steps.
static void look_along(struct mesh *m, const struct aim *a, int y, int steps)
{
    struct points p = {m->points, m->from_x, m->from_y, m->x[1], m->y[1]};
    place_points(*a, *a->view, y, m->off_x, m->off_y, p);
    bool pans = a->pan_x != 0 || a->pan_y != 0;
    for (int i = 0; i < steps; i++)
        (pans ? step_panning : step_plain)(*a, a->depth, a->view->focal, p);
    keep_offsets(p, m->off_x, m->off_y);
    if (a->part)
        move_part(*a, *a->part, p);
    to_texels(*a, p);
}

struct mesh mesh_open(const struct aim *a, int y)
{
    int n = (a->view->width + LOOK_CELL - 1) / LOOK_CELL + 1;
    float *at = xcalloc(8 * (size_t)n, sizeof(*at));
    struct mesh m = {.points = n,
                     .x = {at, at + n},
                     .y = {at + 2 * n, at + 3 * n},
                     .from_x = at + 4 * n,
                     .from_y = at + 5 * n,
                     .off_x = at + 6 * n,
                     .off_y = at + 7 * n,
                     .memory = at};
    look_along(&m, a, y, STEPS);
    return m;
}

void mesh_close(struct mesh *m)
{
    free(m->memory);
}

static int steps_on(const struct aim *a)
{
    return a->z < 0 || a->view->sine != 0 ? STEPS_MORE : STEPS_ON;
}

void mesh_move(struct mesh *m, const struct aim *a, int y)
{
    float *x = m->x[0], *down = m->y[0];
    m->x[0] = m->x[1];
    m->y[0] = m->y[1];
    m->x[1] = x;
    m->y[1] = down;
    look_along(m, a, y + LOOK_CELL, steps_on(a));
}
