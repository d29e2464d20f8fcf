#include "gateway/render_still.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"
#include "gateway/crew.h"
#include "gateway/render_depth.h"
#include "gateway/render_look.h"
#include "gateway/render_show.h"
#include "gateway/render_texels.h"
#include "gateway/scene_noise.h"
#include "media/yuv.h"

#define FINE 1.35f // texels of a pixel, at most
#define TINY 64    // pixels of a side, below which a pixel is seen
#define CELL LOOK_CELL
#define MEMBERS 2        // threads
#define BAND (10 * CELL) // rows that a thread draws at a time

struct still {
    struct image image;
    struct depth depth;
    struct crew *crew;
    struct texels *texels;                      // of the image; NULL: not yet
    enum { FRESH, NEW_PLANES, NEW_IMAGE } news; // since they were filled
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

struct still *still_new(struct image *image, const struct view *frame)
{
    struct still *s = xcalloc(1, sizeof(*s));
    s->image = *image;
    image->rgb = NULL;
    while (look_scale(s->image.width, s->image.height, frame) < 1 / FINE)
        halve(&s->image);
    s->depth = depth_of(&s->image);
    s->crew = crew_new(MEMBERS);
    s->news = NEW_IMAGE;
    return s;
}

void still_free(struct still *s)
{
    if (!s)
        return;
    crew_free(s->crew);
    texels_free(s->texels);
    free(s->image.rgb);
    free(s);
}

struct image *still_image(struct still *s)
{
    s->news = NEW_IMAGE;
    return &s->image;
}

static void need_texels(struct still *s)
{
    if (!s->texels)
        s->texels = texels_new(s->image.width, s->image.height);
}

const struct yuv_planes *still_planes(struct still *s)
{
    need_texels(s);
    s->news = NEW_PLANES;
    return texels_planes(s->texels);
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
    int light = beyond > 0 ? (int)(256 / (1 + beyond * TEXELS_DUSK)) : 256;
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
    float step = (fabsf(b.x - a.x) + fabsf(b.y - a.y)) / CELL;
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

static struct place mesh_at(const struct mesh *m, int i, float part)
{
    return (struct place){mix(m->x[0][i], m->x[1][i], part),
                          mix(m->y[0][i], m->y[1][i], part)};
}

// A row of the frame, `part` of the way down a cell.
static void draw_row(const struct image *image, int width,
                     const struct mesh *mesh, float part, uint8_t *rgb)
{
    for (int x = 0; x < width; x += CELL) {
        struct place a = mesh_at(mesh, x / CELL, part);
        struct place b = mesh_at(mesh, x / CELL + 1, part);
        int n = width - x < CELL ? width - x : CELL;
        draw_cell(image, a, b, n, rgb + 3 * (size_t)x);
    }
}

struct drawing {
    const struct aim *aim;
    const struct still *still;
    uint8_t *rgb;
};

static void draw_band(void *arg, int part, int member)
{
    const struct drawing *d = arg;
    const struct view *w = d->aim->view;
    (void)member;
    int first = part * BAND;
    struct mesh mesh = mesh_open(d->aim, first);
    for (int y = first; y < first + BAND && y < w->height; y++) {
        if (y % CELL == 0)
            mesh_move(&mesh, d->aim, y);
        draw_row(&d->still->image, w->width, &mesh, (float)(y % CELL) / CELL,
                 d->rgb + 3 * (size_t)y * (size_t)w->width);
    }
    mesh_close(&mesh);
}

static struct aim aim_of(const struct still *s, const struct view *w,
                         const struct still_part *part)
{
    return look_aim(&s->depth, s->image.width, s->image.height, w, part);
}

static int bands_of(const struct view *w)
{
    return (w->height + BAND - 1) / BAND;
}

void still_draw(const struct still *s, const struct view *w,
                const struct still_part *part, uint8_t *rgb)
{
    struct aim aim = aim_of(s, w, part);
    if (look_is_at_rest(&aim)) {
        memcpy(rgb, s->image.rgb, 3 * (size_t)w->width * (size_t)w->height);
        return;
    }
    struct drawing drawing = {&aim, s, rgb};
    crew_run(s->crew, bands_of(w), draw_band, &drawing);
}

// U and V, of a quarter of so few pixels, would be other colours.
static void draw_tiny(const struct still *s, const struct view *w,
                      const struct still_part *part,
                      const struct yuv_planes *planes)
{
    uint8_t *rgb = xmalloc(3 * (size_t)w->width * (size_t)w->height);
    still_draw(s, w, part, rgb);
    yuv_from_rgb(rgb, w->width, w->height, planes);
    free(rgb);
}

void still_draw_planes(struct still *s, const struct view *w,
                       const struct still_part *part,
                       const struct yuv_planes *planes)
{
    bool tiny = s->image.width < TINY || s->image.height < TINY;
    if (tiny && !s->texels) {
        draw_tiny(s, w, part, planes);
        return;
    }
    struct aim aim = aim_of(s, w, part);
    need_texels(s);
    if (s->news == NEW_IMAGE)
        texels_fill(s->texels, &s->image, s->crew);
    else if (s->news == NEW_PLANES)
        texels_fill_planes(s->texels, s->crew);
    s->news = FRESH;
    if (look_is_at_rest(&aim))
        yuv_copy(planes, texels_planes(s->texels), w->width, w->height);
    else
        show_planes(&aim, s->texels, s->crew, planes);
}
