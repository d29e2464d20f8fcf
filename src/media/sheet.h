// What a montage looks like: labels and tiles, where a description says. It is
// made by report/montage.h, and the tiles by our own workers: neither is
// hostile, but what labels say is.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/value.h"
#include "media/canvas.h"

struct sheet_cell {
    struct canvas_box box;
    const char *file; // borrowed; NULL: there is no picture
};

struct sheet {
    struct image image; // all but the tiles
    struct sheet_cell *cells;
    size_t n;
};

// {width, height, px, texts: [{x, y, room, px, dim, text}], cells: [{x, y,
// width, height, file} or {…, dim, text}]}; borrowed. False with ERR_FORMAT
// for another one.
bool sheet_open(struct sheet *sheet, const struct value *spec, struct err *err);
void sheet_close(struct sheet *sheet);

// How far a montage is: 0..1. Called as it grows by one in a hundred. False:
// nobody is there to hear it, and it ends with ERR_DEFECT.
typedef bool sheet_progress_fn(void *arg, double part);
bool sheet_tell(size_t done, size_t all, sheet_progress_fn *fn, void *arg,
                struct err *err);

// A still: a JPEG of the JPEGs that the cells name, in their middle. Durable,
// by rename over `out`.
bool sheet_still(const struct sheet *sheet, const char *out,
                 sheet_progress_fn *fn, void *arg, struct err *err);

// `tarmac-media sheet|wall SPEC OUT`: the file SPEC holds a description. Tells
// its progress on stdout, {"progress":0.4} a line, and {"ok":true} or
// {"ok":false,"error":…,"disk":true} at last. Returns the exit code.
int sheet_main(int argc, char **argv);
