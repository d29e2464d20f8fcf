#include "gateway/render_caption.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/text.h"

#define PANEL_EMS 36 // width of the panel, in heights of a line
#define PANEL_SHADE 0.5f
#define INK 226 // of light, as the encoder takes it

struct caption {
    struct text_font *font;
    int width, height;             // of the picture
    int px;                        // height of a line
    int x, y;                      // of the panel
    struct text_mask words, clock; // what stays, what changes
    int clock_x;
    double shown; // the time that `clock` holds, in tenths; -1: none
};

static double plain(double x) // no "-0"
{
    return x == 0 ? 0 : x;
}

static void write_words(struct caption *c, const struct render_spec *spec)
{
    const double *m = spec->motion;
    int pad = c->px / 2, room = c->words.width - 2 * pad;
    int below = pad + c->px * 5 / 4;
    text_draw(c->font, &c->words, pad, pad, room, spec->prompt);
    char *line =
        xasprintf("%s %.4gs  x %.4g  y %.4g  z %.4g  r %.4g  bg %.4g %.4g",
                  spec->model, spec->seconds, plain(m[RENDER_X]),
                  plain(m[RENDER_Y]), plain(m[RENDER_Z]), plain(m[RENDER_R]),
                  plain(m[RENDER_BG_X]), plain(m[RENDER_BG_Y]));
    text_draw(c->font, &c->words, pad, below, room - c->clock.width, line);
    free(line);
}

struct caption *caption_new(const struct render_spec *spec)
{
    struct caption *c = xcalloc(1, sizeof(*c));
    int side = spec->width < spec->height ? spec->width : spec->height;
    // Unifont is drawn on a grid of 16: other sizes are soft.
    c->px = side >= 1440 ? 32 : side >= 440 ? 16 : 10;
    c->font = text_font_open(c->px);
    if (!c->font)
        return c;
    c->width = spec->width;
    c->height = spec->height;
    c->shown = -1;
    int margin = c->px * 3 / 4, pad = c->px / 2;
    int wide = c->px * PANEL_EMS;
    if (wide > spec->width - 2 * margin)
        wide = spec->width - 2 * margin;
    c->words.width = wide;
    c->words.height = 2 * pad + c->px * 9 / 4;
    c->x = margin;
    c->y = spec->height - margin - c->words.height;
    c->words.at = xcalloc((size_t)wide, (size_t)c->words.height);
    c->clock.width = c->px * 4;
    c->clock.height = c->px;
    c->clock.at = xcalloc((size_t)c->clock.width, (size_t)c->px);
    c->clock_x = c->x + wide - pad - c->clock.width;
    write_words(c, spec);
    return c;
}

void caption_free(struct caption *c)
{
    if (!c)
        return;
    text_font_close(c->font);
    free(c->words.at);
    free(c->clock.at);
    free(c);
}

static void write_clock(struct caption *c, double time)
{
    double tenths = (double)(int64_t)(time * 10 + 1e-6);
    if (tenths == c->shown)
        return;
    char text[32];
    snprintf(text, sizeof(text), "t %.1fs", tenths / 10);
    memset(c->clock.at, 0, (size_t)c->clock.width * (size_t)c->clock.height);
    int x = c->clock.width - text_width(c->font, text);
    text_draw(c->font, &c->clock, x, 0, c->clock.width, text);
    c->shown = tenths;
}

static void ink(const struct caption *c, const struct text_mask *mask, int x,
                int y, float part, const struct yuv_planes *planes)
{
    for (int i = 0; i < mask->width * mask->height; i++) {
        int cover = (int)((float)mask->at[i] * part);
        int px = x + i % mask->width, py = y + i / mask->width;
        if (!cover || px < 0 || py < 0 || px >= c->width || py >= c->height)
            continue;
        uint8_t *at = planes->at[0] + (ptrdiff_t)py * planes->stride[0] + px;
        *at = (uint8_t)((*at * (255 - cover) + INK * cover) / 255);
        // Of a pixel of U and V it is a quarter of the white.
        for (int k = 1; k < 3; k++) {
            at = planes->at[k] + (ptrdiff_t)(py / 2) * planes->stride[k] +
                 px / 2;
            *at = (uint8_t)(128 + (*at - 128) * (1020 - cover) / 1020);
        }
    }
}

// What is behind the words is darker, and greyer with it.
static void shade(const struct caption *c, float part,
                  const struct yuv_planes *planes)
{
    int left = (int)(256 * (1 - PANEL_SHADE * part));
    for (int k = 0; k < 3; k++) {
        int half = k > 0 ? 2 : 1, black = k > 0 ? 128 : 16;
        int from = c->x / half, to = (c->x + c->words.width) / half;
        int last = (c->y + c->words.height) / half;
        for (int y = (c->y < 0 ? 0 : c->y) / half; y < last; y++) {
            uint8_t *row = planes->at[k] + (ptrdiff_t)y * planes->stride[k];
            for (int x = from; x < to; x++)
                row[x] = (uint8_t)(black + (row[x] - black) * left / 256);
        }
    }
}

void caption_draw(struct caption *c, double time, float part,
                  const struct yuv_planes *planes)
{
    if (!c->font || part <= 0)
        return;
    shade(c, part, planes);
    write_clock(c, time);
    int pad = c->px / 2;
    ink(c, &c->words, c->x, c->y, part, planes);
    ink(c, &c->clock, c->clock_x, c->y + pad + c->px * 5 / 4, part, planes);
}
