#include "gateway/render_still.h"

#include <stdlib.h>

#include "base/mem.h"

#define PAN 0.042f    // of the frame's width, for a metre
#define BG_PAN 0.4f   // of the frame's width, for a focal length
#define DOLLY 0.075f  // zoom for a metre
#define PAN_MAX 0.55f // of half of the image
#define FINE 1.35f    // texels of a pixel, at most
#define BACK_MAX 0.6f // the farthest back: the frame is 1.6 times the image
#define DUSK 2.5f     // how fast it darkens beyond the image's edge

struct still {
    struct image image;
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

// Pixels of the picture for one of the image, when it just fills the frame.
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
    return s;
}

void still_free(struct still *s)
{
    if (!s)
        return;
    free(s->image.rgb);
    free(s);
}

static float size_of(float x)
{
    return x < 0 ? -x : x;
}

static float within(float x, float most)
{
    return x > most ? most : x < -most ? -most : x;
}

// What the camera sees: the image's place at the frame's centre, and how many
// texels a pixel is.
static void aim(const struct still *s, const struct view *w, float *cx,
                float *cy, float *step)
{
    float scale = cover_scale(&s->image, w);
    float iw = (float)s->image.width * scale / 2;
    float ih = (float)s->image.height * scale / 2;
    float wide = (float)w->width;
    float x = within(wide * (w->x * PAN + w->bg_x * BG_PAN), iw * PAN_MAX);
    float y = within(wide * ((CAMERA_EYE - w->y) * PAN - w->bg_y * BG_PAN),
                     ih * PAN_MAX);
    float hw = wide / 2, hh = (float)w->height / 2;
    float needs_x = size_of(w->cosine) * hw + size_of(w->sine) * hh;
    float needs_y = size_of(w->sine) * hw + size_of(w->cosine) * hh;
    float zoom = w->z > 0 ? 1 + w->z * DOLLY : 1;
    float least_x = needs_x / (iw - size_of(x));
    float least_y = needs_y / (ih - size_of(y));
    zoom = zoom < least_x ? least_x : zoom;
    zoom = zoom < least_y ? least_y : zoom;
    if (w->z < 0) {
        float back = -w->z * DOLLY;
        zoom /= 1 + BACK_MAX * back / (BACK_MAX + back);
    }
    *cx = (float)s->image.width / 2 + x / scale;
    *cy = (float)s->image.height / 2 + y / scale;
    *step = 1 / (scale * zoom);
}

// The place in the image that stands for `*at`, mirrored at its edges, and how
// far beyond them that was, in the image's size.
static float mirror(float *at, int size)
{
    float most = (float)size - 1, beyond = 0;
    if (*at < 0)
        beyond = -*at;
    else if (*at > most)
        beyond = *at - most;
    if (beyond > 0) {
        float back = within(beyond, most);
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

// Where the image is drawn smaller than it is, a pixel is the mean of four
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

void still_draw(const struct still *s, const struct view *w, uint8_t *rgb)
{
    float cx, cy, step;
    aim(s, w, &cx, &cy, &step);
    float dx = w->cosine * step, dy = w->sine * step;
    float apart = step > 1 ? within(step - 1, 0.5f) / 2 * step : 0;
    for (int y = 0; y < w->height; y++) {
        float down = (float)y + 0.5f - (float)w->height / 2;
        float left = 0.5f - (float)w->width / 2;
        float tx = cx + left * dx - down * dy - 0.5f;
        float ty = cy + left * dy + down * dx - 0.5f;
        for (int x = 0; x < w->width; x++, rgb += 3) {
            float u = tx + (float)x * dx, v = ty + (float)x * dy;
            if (apart > 0)
                soft_texel(&s->image, u, v, apart, rgb);
            else
                texel(&s->image, u, v, rgb);
        }
    }
}
