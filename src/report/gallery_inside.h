// What the files of the gallery share.

#pragma once

#include "base/buf.h"
#include "report/gallery.h"

struct gallery {
    struct ledger *ledger;
    char *state_dir;
    struct value *run; // as ledger_run() has it
    bool held;
};

const struct value *gallery_about(const struct gallery *g);
const char *gallery_run(const struct gallery *g); // its id

// A member, if there is one, under another name.
void gallery_copy(const struct value *from, const char *key, struct value *to,
                  const char *as);
// "tarmac run …", for a shell.
void gallery_words(const struct value *words, struct buf *out);

// gallery_cell.c: a row of ledger_list_cells(), told; owned. NULL with err.
struct value *gallery_cell_told(const struct gallery *g,
                                const struct value *row, bool alive,
                                struct err *err);
