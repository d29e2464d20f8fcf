#include "media/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "media/jpeg.h"

#define SIDE_MAX 16384
#define PX_MAX 64

#define PAPER 0x15171c
#define EMPTY 0x1e2127 // where there is no picture, or beside it
#define INK 0xeceef2
#define QUIET 0x98a0ae
#define FAILED 0xe39a8c

static int number(const struct value *map, const char *key, int max)
{
    int64_t n = value_integer(value_get(map, key), -1);
    return n < 0 || n > max ? -1 : (int)n;
}

static const char *words(const struct value *map, const char *key)
{
    const char *text = value_get_text(map, key);
    return text ? text : "";
}

// --- letters

struct fonts {
    struct text_font *at[PX_MAX + 1]; // by their height
};

static struct text_font *font_of(struct fonts *fonts, int px)
{
    if (px < 1 || px > PX_MAX)
        return NULL;
    if (!fonts->at[px])
        fonts->at[px] = text_font_open(px);
    return fonts->at[px];
}

static void close_fonts(struct fonts *fonts)
{
    for (int i = 0; i <= PX_MAX; i++)
        text_font_close(fonts->at[i]);
}

static void draw_text(struct image *image, struct fonts *fonts,
                      const struct value *t)
{
    int px = number(t, "px", PX_MAX), x = number(t, "x", SIDE_MAX);
    struct text_font *font = font_of(fonts, px);
    struct canvas_box box = {x, number(t, "y", SIDE_MAX),
                             number(t, "room", SIDE_MAX), px + px / 4};
    const char *dim = words(t, "dim");
    if (*dim) {
        box.x += canvas_text(image, font, box, QUIET, dim) + px / 2;
        box.width -= box.x - x;
    }
    canvas_text(image, font, box, INK, words(t, "text"));
}

// Why there is no picture: quiet, but to be read.
static void draw_reason(struct image *image, struct text_font *font, int px,
                        struct canvas_box box, const struct value *c)
{
    const char *state = words(c, "dim"), *why = words(c, "text");
    int line = px + px / 4, pad = px / 2;
    struct canvas_box room = {box.x + pad, box.y + pad, box.width - 2 * pad,
                              line};
    canvas_fill(image, box, EMPTY);
    canvas_text(image, font, room, *why ? FAILED : QUIET, state);
    room.y += line;
    room.height = box.height - 2 * pad - line;
    canvas_paragraph(image, font, room, line, QUIET, why);
}

// --- opened

static bool read_cell(struct sheet *sheet, const struct value *c)
{
    struct canvas_box box = {number(c, "x", SIDE_MAX), number(c, "y", SIDE_MAX),
                             number(c, "width", SIDE_MAX),
                             number(c, "height", SIDE_MAX)};
    sheet->cells[sheet->n++] =
        (struct sheet_cell){box, value_get_text(c, "file")};
    return box.x >= 0 && box.y >= 0 && box.width > 0 && box.height > 0;
}

bool sheet_open(struct sheet *sheet, const struct value *spec, struct err *err)
{
    *sheet = (struct sheet){.n = 0};
    int width = number(spec, "width", SIDE_MAX);
    int height = number(spec, "height", SIDE_MAX);
    int px = number(spec, "px", PX_MAX);
    const struct value *texts = value_get(spec, "texts");
    const struct value *cells = value_get(spec, "cells");
    if (width <= 0 || height <= 0 || px <= 0)
        return err_set(err, ERR_FORMAT, "no description of a montage");
    canvas_open(&sheet->image, width, height, PAPER);
    sheet->cells = xcalloc(value_count(cells) + 1, sizeof(*sheet->cells));
    struct fonts fonts = {.at = {NULL}};
    bool ok = true;
    for (size_t i = 0; i < value_count(texts); i++)
        draw_text(&sheet->image, &fonts, value_at(texts, i));
    for (size_t i = 0; ok && i < value_count(cells); i++) {
        const struct value *c = value_at(cells, i);
        ok = read_cell(sheet, c);
        struct sheet_cell *cell = &sheet->cells[i];
        if (ok && cell->file)
            canvas_fill(&sheet->image, cell->box, EMPTY);
        else if (ok)
            draw_reason(&sheet->image, font_of(&fonts, px), px, cell->box, c);
    }
    close_fonts(&fonts);
    if (ok)
        return true;
    sheet_close(sheet);
    return err_set(err, ERR_FORMAT, "no description of a montage's cells");
}

void sheet_close(struct sheet *sheet)
{
    free(sheet->image.rgb);
    free(sheet->cells);
    *sheet = (struct sheet){.n = 0};
}

// --- a still

static bool paste(const struct sheet_cell *cell, struct image *to,
                  struct err *err)
{
    size_t len;
    char *bytes = file_read(cell->file, IMAGE_BYTES_MAX, &len, err);
    if (!bytes)
        return false;
    struct image tile;
    bool ok = image_decode(bytes, len, &tile, err);
    free(bytes);
    if (!ok)
        return false;
    struct canvas_box box = {cell->box.x + (cell->box.width - tile.width) / 2,
                             cell->box.y + (cell->box.height - tile.height) / 2,
                             tile.width, tile.height};
    canvas_paste(to, box, tile.rgb);
    free(tile.rgb);
    return true;
}

bool sheet_tell(size_t done, size_t all, sheet_progress_fn *fn, void *arg,
                struct err *err)
{
    bool grown = (done - 1) * 100 / all != done * 100 / all;
    return !grown || fn(arg, (double)done / (double)all) ||
           err_set(err, ERR_DEFECT, "nobody waits for it any more");
}

bool sheet_still(const struct sheet *sheet, const char *out,
                 sheet_progress_fn *fn, void *arg, struct err *err)
{
    struct image image = sheet->image;
    for (size_t i = 0; i < sheet->n; i++) {
        if (sheet->cells[i].file && !paste(&sheet->cells[i], &image, err))
            return false;
        if (!sheet_tell(i + 1, sheet->n, fn, arg, err))
            return false;
    }
    return jpeg_write(out, &image, err);
}
