#include "gateway/render_still.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/render_depth.h"
#include "gateway/scene_noise.h"

#define FINE 1.35f      // texels of a pixel, at most
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
#define DUSK 1.8f       // how fast it darkens beyond the edge
#define CELL 8          // pixels from a point of the mesh to the next
#define STEPS 8         // towards the place that is seen
#define STEP 0.8f
#define NEAR_ENOUGH 0.02f // pixels
#define MEMBERS 2         // threads
#define BAND (10 * CELL)  // rows that a thread draws at a time

struct still {
    struct image image;
    struct depth depth;
    struct crew *crew;
};

// What the camera does, in the picture's terms: lengths in focal lengths.
struct aim {
    const struct still *still;
    const struct view *view;
    const struct still_part *part;
    float x, y, z; // metres
    float pan_x, pan_y;
    float closer;         // 1 at rest
    float scale;          // pixels of a texel
    float half_w, half_h; // of the picture, in pixels
};

struct place {
    float x, y;
};

static void halve(struct image *image)
{
    int w = image->width / 2, h = image->height / 2;
    uint8_t *to = xmalloc((size_t)w * (size_t)h * 3);
    for (int y = 0; y < h; y++) {
        const uint8_t *a =
            image->rgb + (size_t)(2 * y) * (size_t)image->width * 3;
        const uint8_t *b = a + (size_t)image->width * 3;
        uint8_t *out = to + (size_t)y * (size_t)w * 3;
        for (int i = 0; i < w * 3; i++) {
            int k = i / 3 * 6 + i % 3;
            out[i] = (uint8_t)((a[k] + a[k + 3] + b[k] + b[k + 3] + 2) / 4);
        }
    }
    free(image->rgb);
    *image = (struct image){w, h, to};
}

// Pixels of the frame for one of the picture, when it just fills the frame.
static float cover_scale(const struct image *image, const struct view *w)
{
    float x = (float)w->width / (float)image->width;
    float y = (float)w->height / (float)image->height;
    return x > y ? x : y;
}

struct still *still_new(struct image *image, const struct view *frame)
{
    struct still *s = xcalloc(1, sizeof(*s));
    s->image = *image;
    image->rgb = NULL;
    while (cover_scale(&s->image, frame) < 1 / FINE)
        halve(&s->image);
    s->depth = depth_of(&s->image);
    s->crew = crew_new(MEMBERS);
    return s;
}

void still_free(struct still *s)
{
    if (!s)
        return;
    crew_free(s->crew);
    free(s->image.rgb);
    free(s);
}

struct image *still_image(struct still *s)
{
    return &s->image;
}

static float size_of(float x)
{
    return x < 0 ? -x : x;
}

// Like `x` where it is small; never more than `most`.
static float soft(float x, float most)
{
    return x / (1 + size_of(x) / most);
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
    float cosine = size_of(w->cosine), sine = size_of(w->sine);
    float turn = larger((cosine * hw + sine * hh) / a->half_w,
                        (sine * hw + cosine * hh) / a->half_h);
    float x = size_of(a->x) * MEAN + size_of(a->pan_x) / 2;
    float y = size_of(a->y) * MEAN + size_of(a->pan_y) / 2;
    float move = w->focal * larger(x / a->half_w, y / a->half_h);
    float need = larger(turn, 1) - 1 + CLOSER * move;
    return 1 + soft(need, CLOSER_MAX);
}

static struct aim aim_of(const struct still *s, const struct view *w,
                         const struct still_part *part)
{
    float scale = cover_scale(&s->image, w);
    struct aim a = {.still = s,
                    .view = w,
                    .part = part,
                    .x = soft(w->x, TRUCK_MAX),
                    .y = soft(w->y - CAMERA_EYE, CRANE_MAX),
                    .z = w->z > 0 ? w->z : -soft(-w->z, BACK_MAX),
                    .pan_x = soft(w->bg_x, PAN_X_MAX),
                    .pan_y = soft(w->bg_y, PAN_Y_MAX),
                    .scale = scale,
                    .half_w = (float)s->image.width * scale / 2,
                    .half_h = (float)s->image.height * scale / 2};
    a.closer = closer_of(&a);
    return a;
}

// Where the eye sees the pixel at `p` when what is there is as near as `near`
// says; both in pixels from the centre.
static struct place seen_at(const struct aim *a, struct place p, float near)
{
    float q = mix(FAR, NEAR, near), focal = a->view->focal;
    float grow = a->z > 0 ? 1 / (1 + q * a->z) : 1 - q * a->z;
    float far_x = 1 - smooth01(0, 0.6f, near);
    float far_y = 1 - smooth01(0, 0.8f, near);
    return (struct place){
        p.x * grow + focal * (q * a->x + far_x * a->pan_x),
        p.y * grow - focal * (q * a->y + far_y * a->pan_y),
    };
}

static struct place move_part(const struct aim *a, struct place p)
{
    const struct still_part *m = a->part;
    float w = 2 * a->half_w, h = 2 * a->half_h;
    float x = p.x - (m->x - 0.5f) * w, y = p.y - (m->y - 0.5f) * h;
    float ex = x / (m->rx * w), ey = y / (m->ry * h);
    float weight = 1 - smooth01(0.25f, 1, ex * ex + ey * ey);
    float bx = x - m->dx * h, by = y - m->dy * h;
    float tx = (bx * m->cosine + by * m->sine) / m->grow;
    float ty = (by * m->cosine - bx * m->sine) / m->grow;
    return (struct place){p.x + (tx - x) * weight, p.y + (ty - y) * weight};
}

// The place of the picture, in its pixels, that is seen at (x, y) of the frame.
static struct place look(const struct aim *a, float x, float y)
{
    const struct view *w = a->view;
    float left = x - (float)w->width / 2, down = y - (float)w->height / 2;
    struct place p = {(left * w->cosine - down * w->sine) / a->closer,
                      (left * w->sine + down * w->cosine) / a->closer};
    struct place s = p;
    for (int i = 0; i < STEPS; i++) {
        float near = depth_at(&a->still->depth, 0.5f + s.x / (2 * a->half_w),
                              0.5f + s.y / (2 * a->half_h));
        struct place at = seen_at(a, p, near);
        float dx = at.x - s.x, dy = at.y - s.y;
        s.x += dx * STEP;
        s.y += dy * STEP;
        if (size_of(dx) < NEAR_ENOUGH && size_of(dy) < NEAR_ENOUGH)
            break;
    }
    if (a->part)
        s = move_part(a, s);
    return (struct place){
        (float)a->still->image.width / 2 + s.x / a->scale - 0.5f,
        (float)a->still->image.height / 2 + s.y / a->scale - 0.5f,
    };
}

// The place in the picture that stands for `*at`, mirrored at its edges, and
// how far beyond them that was, in the picture's size.
static float mirror(float *at, int size)
{
    float most = (float)size - 1, beyond = 0;
    if (*at < 0)
        beyond = -*at;
    else if (*at > most)
        beyond = *at - most;
    if (beyond > 0) {
        float back = beyond < most ? beyond : most;
        *at = *at < 0 ? back : most - back;
    }
    return beyond / (float)size;
}

static void texel(const struct image *image, float x, float y, uint8_t *out)
{
    float beyond = mirror(&x, image->width) + mirror(&y, image->height);
    int light = beyond > 0 ? (int)(256 / (1 + beyond * DUSK)) : 256;
    int ix = (int)x, iy = (int)y;
    int fx = (int)((x - (float)ix) * 256), fy = (int)((y - (float)iy) * 256);
    size_t right = ix + 1 < image->width ? 3 : 0;
    size_t down = iy + 1 < image->height ? (size_t)image->width * 3 : 0;
    const uint8_t *at =
        image->rgb + 3 * ((size_t)iy * (size_t)image->width + (size_t)ix);
    for (int c = 0; c < 3; c++, at++) {
        int a = at[0] * (256 - fx) + at[right] * fx;
        int b = at[down] * (256 - fx) + at[down + right] * fx;
        int mean = (a * (256 - fy) + b * fy + 32768) >> 16;
        out[c] = (uint8_t)(mean * light >> 8);
    }
}

// Where the picture is drawn smaller than it is, a pixel is the mean of four
// places; they lie closer the less there is to average.
static void soft_texel(const struct image *image, float x, float y, float apart,
                       uint8_t *out)
{
    uint8_t at[4][3];
    texel(image, x - apart, y - apart, at[0]);
    texel(image, x + apart, y - apart, at[1]);
    texel(image, x - apart, y + apart, at[2]);
    texel(image, x + apart, y + apart, at[3]);
    for (int c = 0; c < 3; c++)
        out[c] = (uint8_t)((at[0][c] + at[1][c] + at[2][c] + at[3][c] + 2) / 4);
}

// Texels from one pixel to the next, beyond which a pixel is more than one.
static float apart_of(struct place a, struct place b)
{
    float step = (size_of(b.x - a.x) + size_of(b.y - a.y)) / CELL;
    if (step < 1.01f)
        return 0;
    return (step < 1.5f ? step - 1 : 0.5f) / 2 * step;
}

static bool is_inside(const struct image *image, struct place p, float margin)
{
    return p.x >= margin && p.y >= margin &&
           p.x < (float)(image->width - 1) - margin &&
           p.y < (float)(image->height - 1) - margin;
}

// A pixel and a byte more, anywhere in memory; its red lowest where
// TAKES_WORDS.
#define TAKES_WORDS (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
typedef uint32_t __attribute__((aligned(1), may_alias)) loose;

// The channels that two bytes apart stand 16 bits apart in.
#define PAIR 0xff00ffu

// A cell from `a` on, all of it inside, and above the last row but one: as
// texel() does it, many at once.
CLONED static void draw_inside(const struct image *image, struct place a,
                               float dx, float dy, uint8_t *restrict rgb)
{
    uint32_t red_blue[CELL], green[CELL];
    int u = (int)(a.x * 65536), v = (int)(a.y * 65536);
    int du = (int)(dx * 65536), dv = (int)(dy * 65536);
    const uint8_t *from = image->rgb;
    const int down = image->width * 3;
    APART
    for (int i = 0; i < CELL; i++) {
        int x = u + i * du, y = v + i * dv;
        uint32_t fx = (uint32_t)(x >> 8 & 255), fy = (uint32_t)(y >> 8 & 255);
        uint32_t both = fx * fy >> 8, right = fx - both, below = fy - both;
        uint32_t here = 256 - fx - below;
        int at = down * (y >> 16) + 3 * (x >> 16);
        uint32_t p = *(const loose *)(from + at);
        uint32_t q = *(const loose *)(from + at + 3);
        uint32_t r = *(const loose *)(from + at + down);
        uint32_t t = *(const loose *)(from + at + down + 3);
        red_blue[i] = (p & PAIR) * here + (q & PAIR) * right +
                      (r & PAIR) * below + (t & PAIR) * both + 0x800080u;
        green[i] = (p >> 8 & 255) * here + (q >> 8 & 255) * right +
                   (r >> 8 & 255) * below + (t >> 8 & 255) * both + 128;
    }
    for (int i = 0; i < CELL; i++) {
        rgb[3 * i] = (uint8_t)(red_blue[i] >> 8);
        rgb[3 * i + 1] = (uint8_t)(green[i] >> 8);
        rgb[3 * i + 2] = (uint8_t)(red_blue[i] >> 24);
    }
}

// What three neighbours weigh in the mean of two places between them, `at` and
// `apart` (below 1) further, in 65536ths of a texel; of 512.
static int weigh(int at, int apart, int *weights)
{
    int first = at >> 16, from = at >> 8 & 255;
    int to = ((at + apart) >> 8) - (first << 8);
    weights[0] = 256 - from + (to < 256 ? 256 - to : 0);
    weights[1] = from + (to < 256 ? to : 512 - to);
    weights[2] = to < 256 ? 0 : to - 256;
    return first;
}

// The same as soft_texel() does it, faster.
static void draw_soft_inside(const struct image *image, struct place a,
                             float dx, float dy, float apart, int n,
                             uint8_t *rgb)
{
    int u = (int)((a.x - apart) * 65536), v = (int)((a.y - apart) * 65536);
    int du = (int)(dx * 65536), dv = (int)(dy * 65536);
    int between = (int)(2 * apart * 65536);
    size_t down = (size_t)image->width * 3;
    for (int i = 0; i < n; i++, u += du, v += dv, rgb += 3) {
        int wx[3], wy[3];
        int ix = weigh(u, between, wx), iy = weigh(v, between, wy);
        const uint8_t *at = image->rgb + down * (size_t)iy + 3 * (size_t)ix;
        for (int c = 0; c < 3; c++, at++) {
            const uint8_t *b = at + down, *d = b + down;
            int sum = wy[0] * (at[0] * wx[0] + at[3] * wx[1] + at[6] * wx[2]) +
                      wy[1] * (b[0] * wx[0] + b[3] * wx[1] + b[6] * wx[2]) +
                      wy[2] * (d[0] * wx[0] + d[3] * wx[1] + d[6] * wx[2]);
            rgb[c] = (uint8_t)((sum + (1 << 17)) >> 18);
        }
    }
}

static void draw_cell(const struct image *image, struct place a, struct place b,
                      int n, uint8_t *rgb)
{
    float dx = (b.x - a.x) / CELL, dy = (b.y - a.y) / CELL;
    float apart = apart_of(a, b);
    float last = (float)(image->height - 2);
    if (TAKES_WORDS && apart == 0 && n == CELL && is_inside(image, a, 0) &&
        is_inside(image, b, 0) && a.y < last && b.y < last) {
        draw_inside(image, a, dx, dy, rgb);
        return;
    }
    if (apart > 0 && apart < 0.5f && is_inside(image, a, 1) &&
        is_inside(image, b, 1)) {
        draw_soft_inside(image, a, dx, dy, apart, n, rgb);
        return;
    }
    for (int i = 0; i < n; i++, rgb += 3) {
        float u = a.x + (float)i * dx, v = a.y + (float)i * dy;
        if (apart > 0)
            soft_texel(image, u, v, apart, rgb);
        else
            texel(image, u, v, rgb);
    }
}

// A row of the frame between two rows of the mesh, `part` of the way down.
static void draw_row(const struct image *image, int width,
                     const struct place *above, const struct place *below,
                     float part, uint8_t *rgb)
{
    for (int x = 0; x < width; x += CELL, above++, below++) {
        struct place a = {mix(above[0].x, below[0].x, part),
                          mix(above[0].y, below[0].y, part)};
        struct place b = {mix(above[1].x, below[1].x, part),
                          mix(above[1].y, below[1].y, part)};
        int n = width - x < CELL ? width - x : CELL;
        draw_cell(image, a, b, n, rgb + 3 * (size_t)x);
    }
}

static void look_along(const struct aim *a, int y, int points,
                       struct place *row)
{
    for (int i = 0; i < points; i++)
        row[i] = look(a, (float)(i * CELL) + 0.5f, (float)y + 0.5f);
}

struct drawing {
    const struct aim *aim;
    uint8_t *rgb;
};

static void draw_band(void *arg, int part, int member)
{
    const struct drawing *d = arg;
    const struct view *w = d->aim->view;
    (void)member;
    int first = part * BAND, points = (w->width + CELL - 1) / CELL + 1;
    struct place *mesh = xmalloc(sizeof(*mesh) * 2 * (size_t)points);
    struct place *above = mesh, *below = mesh + points;
    look_along(d->aim, first, points, below);
    for (int y = first; y < first + BAND && y < w->height; y++) {
        if (y % CELL == 0) {
            struct place *next = above;
            above = below;
            below = next;
            look_along(d->aim, y + CELL, points, below);
        }
        draw_row(&d->aim->still->image, w->width, above, below,
                 (float)(y % CELL) / CELL,
                 d->rgb + 3 * (size_t)y * (size_t)w->width);
    }
    free(mesh);
}

// Whether each pixel is the picture's own.
static bool is_at_rest(const struct aim *a)
{
    const struct view *w = a->view;
    const struct image *image = &a->still->image;
    return image->width == w->width && image->height == w->height && !a->part &&
           a->x == 0 && a->y == 0 && a->z == 0 && a->pan_x == 0 &&
           a->pan_y == 0 && w->sine == 0 && w->cosine == 1;
}

void still_draw(const struct still *s, const struct view *w,
                const struct still_part *part, uint8_t *rgb)
{
    struct aim aim = aim_of(s, w, part);
    if (is_at_rest(&aim)) {
        memcpy(rgb, s->image.rgb, 3 * (size_t)w->width * (size_t)w->height);
        return;
    }
    struct drawing drawing = {&aim, rgb};
    crew_run(s->crew, (w->height + BAND - 1) / BAND, draw_band, &drawing);
}
