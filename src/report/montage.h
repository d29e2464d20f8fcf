// A run on one sheet, or in one film: which of its cells stands in which column
// and row, how large, and what is written beside it. Pure: the pictures are
// made by others (media/sheet.h), of what montage_spec() says.
//
//     struct montage *m = montage_new(MONTAGE_SHEET);
//     for (…) montage_add(m, cell);
//     if (montage_lay(m, head, NULL, &err)) … montage_spec(m) …
//     montage_free(m);

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "data/value.h"

enum montage_kind {
    MONTAGE_SHEET, // a still
    MONTAGE_FILM,
};

#define MONTAGE_FILM_CELLS 400

struct montage;

struct montage *montage_new(enum montage_kind kind);
void montage_free(struct montage *m); // NULL is fine

// One of gallery_cells(), in their order.
void montage_add(struct montage *m, const struct value *cell);

// Settle where each stands. `head` is gallery_head(). `columns`: names of axes,
// with "," between them; NULL: the longest one that fits. False with ERR_USAGE
// when there is no such axis, nothing to show, or too much.
bool montage_lay(struct montage *m, const struct value *head,
                 const char *columns, struct err *err);

// --- once it is laid
size_t montage_count(const struct montage *m);
// Of each tile, in pixels; even.
void montage_tile(const struct montage *m, int *width, int *height);

struct montage_cell {
    uint64_t nth;
    const char *name;
    const char *sha256, *ext; // of its clip; NULL: it has none
};
struct montage_cell montage_cell(const struct montage *m, size_t i);

// Its picture is in `file`; or it has none, because of `why`.
void montage_show(struct montage *m, size_t i, const char *file);
void montage_fail(struct montage *m, size_t i, const char *why);

// {width, height, texts: [{x, y, room, px, dim, text}], cells: [{x, y, width,
// height, file} or {…, dim, text}]}: pixels; `dim` is written before `text`,
// quieter. Owned.
struct value *montage_spec(const struct montage *m);
