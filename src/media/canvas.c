#include "media/canvas.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "media/visual.h"

#define ELLIPSIS "…"

static int least(int a, int b)
{
    return a < b ? a : b;
}

static uint8_t part(uint32_t colour, int channel)
{
    return (uint8_t)(colour >> (16 - 8 * channel));
}

static uint8_t *pixel(const struct image *image, int x, int y)
{
    return image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
}

void canvas_open(struct image *image, int width, int height, uint32_t colour)
{
    *image = (struct image){width, height,
                            xcalloc((size_t)width * (size_t)height, 3)};
    canvas_fill(image, (struct canvas_box){0, 0, width, height}, colour);
}

static struct canvas_box inside(const struct image *image,
                                struct canvas_box box)
{
    int right = least(box.x + box.width, image->width);
    int below = least(box.y + box.height, image->height);
    box.x = box.x > 0 ? box.x : 0;
    box.y = box.y > 0 ? box.y : 0;
    box.width = right > box.x ? right - box.x : 0;
    box.height = below > box.y ? below - box.y : 0;
    return box;
}

void canvas_fill(struct image *image, struct canvas_box box, uint32_t colour)
{
    box = inside(image, box);
    for (int y = box.y; y < box.y + box.height; y++) {
        uint8_t *at = pixel(image, box.x, y);
        for (int x = 0; x < box.width; x++, at += 3)
            for (int c = 0; c < 3; c++)
                at[c] = part(colour, c);
    }
}

void canvas_paste(struct image *image, struct canvas_box box,
                  const uint8_t *rgb)
{
    struct canvas_box to = inside(image, box);
    for (int y = to.y; to.width > 0 && y < to.y + to.height; y++) {
        size_t row = (size_t)(y - box.y) * (size_t)box.width;
        memcpy(pixel(image, to.x, y), rgb + 3 * (row + (size_t)(to.x - box.x)),
               3 * (size_t)to.width);
    }
}

static void ink(struct image *image, const struct text_mask *mask, int x, int y,
                uint32_t colour)
{
    struct canvas_box box = {x, y, mask->width, mask->height};
    box = inside(image, box);
    for (int py = box.y; py < box.y + box.height; py++) {
        for (int px = box.x; px < box.x + box.width; px++) {
            int cover = mask->at[(ptrdiff_t)(py - y) * mask->width + px - x];
            uint8_t *at = pixel(image, px, py);
            for (int c = 0; cover && c < 3; c++)
                at[c] = (uint8_t)((at[c] * (255 - cover) +
                                   part(colour, c) * cover) /
                                  255);
        }
    }
}

// As much of `s` as is not wider than `room`.
static size_t fitting(struct text_font *font, int room, const char *s)
{
    size_t at = 0, left = strlen(s), len;
    for (int wide = 0; (len = text_utf8(s + at, left - at, NULL)) > 0;
         at += len) {
        char one[8] = "";
        memcpy(one, s + at, len);
        wide += text_width(font, one);
        if (wide > room)
            break;
    }
    return at;
}

// Cut as it is read, not as it is drawn: what comes first is kept.
static char *cut_to(struct text_font *font, int room, const char *utf8)
{
    size_t len = fitting(font, room, utf8);
    if (!utf8[len])
        return xstrdup(utf8);
    len = fitting(font, room - text_width(font, ELLIPSIS), utf8);
    return xasprintf("%.*s" ELLIPSIS, (int)len, utf8);
}

int canvas_text(struct image *image, struct text_font *font,
                struct canvas_box box, uint32_t colour, const char *utf8)
{
    char *cut = cut_to(font, box.width, utf8), *seen = visual_text(cut);
    int wide = least(text_width(font, seen), box.width);
    if (wide > 0 && box.height > 0) {
        struct text_mask mask = {wide, box.height, NULL};
        mask.at = xcalloc((size_t)wide, (size_t)box.height);
        text_draw(font, &mask, 0, 0, wide, seen);
        ink(image, &mask, box.x, box.y, colour);
        free(mask.at);
    }
    free(seen);
    free(cut);
    return wide > 0 ? wide : 0;
}

// How many bytes of `s` make the next line: those before a space, or as many as
// fit.
static size_t next_line(struct text_font *font, const char *s, int room)
{
    size_t fit = fitting(font, room, s), at = fit;
    if (!s[fit])
        return fit;
    while (at > 0 && s[at] != ' ')
        at--;
    if (at > 0)
        return at;
    return fit ? fit : text_utf8(s, strlen(s), NULL);
}

void canvas_paragraph(struct image *image, struct text_font *font,
                      struct canvas_box box, int line, uint32_t colour,
                      const char *utf8)
{
    if (!font || line <= 0 || box.width <= 0)
        return;
    for (int lines = box.height / line; lines > 0 && *utf8; lines--) {
        size_t len = next_line(font, utf8, box.width);
        char *words = lines > 1 ? xstrndup(utf8, len) : xstrdup(utf8);
        struct canvas_box row = {box.x, box.y, box.width, line};
        canvas_text(image, font, row, colour, words);
        free(words);
        utf8 += len;
        utf8 += *utf8 == ' ';
        box.y += line;
    }
}
