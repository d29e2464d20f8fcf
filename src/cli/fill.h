// A report's folder gets its clips and posters: copied, and made, side by side.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "cli/folder.h"
#include "cli/state.h"

enum fill_from {
    FILL_STORE,
    FILL_GIVEN,   // not there, but an earlier report has it
    FILL_MISSING, // its poster may be there
};
struct fill_file {
    char sha256[HASH_HEX], ext[8];
    enum fill_from from;
};

struct fill {
    const struct state *state;
    const struct folder *folder;
    bool live; // draws a line on a terminal
    struct fill_file *files;
    size_t n;
    // What became of it.
    struct folder_names clips, posters; // that are there now, sorted
    int64_t bytes;                      // of both
    size_t missing;                     // clips
    size_t without;                     // a poster, of those that are there
    char *why;                          // the last of them has none
    bool interrupted;
    bool copied; // something was written
};

// A clip of `bytes` (-1: not known). False when it is nowhere, or not as large.
bool fill_add(struct fill *fill, const char *sha256, const char *ext,
              int64_t bytes);
// Each file once. Ctrl-C ends it early, and a second one the process. False
// with `err`: what was copied until then is whole.
bool fill_run(struct fill *fill, struct err *err);
void fill_free(struct fill *fill);
