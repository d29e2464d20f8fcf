// One row of a picture in the making. Its layers are laid from the nearest to
// the farthest: what is hidden is never worked out. Pixels are worked on in
// runs of whole blocks, a colour's channel at a time, so that the compiler can
// take many of them at once.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gateway/scene_theme.h"

#define ROW_BLOCK 8  // pixels that are hidden together
#define ROW_EXTRA 16 // pixels beyond the width that a layer may write to
#define ROW_WORD 64  // blocks in a number
#define ROW_SPARE 16 // lists of numbers
#define ROW_TEXELS(row) (2 * (row)->whole + 64)

// Pixel i looks along (u + i * du, v + i * dv).
struct row {
    int width;
    int whole; // the width in whole blocks
    float u, v, du, dv;
    float *red, *green, *blue; // the light that has been laid
    float *keep;               // how much of what is behind still shows, 0..1
    float *glow;               // of the sun, in this direction, 0..1
    uint64_t *open;            // a bit a block that is not hidden whole
    uint32_t *texels;          // for a layer to work in, ROW_TEXELS()
    float *spare[ROW_SPARE];   // for a layer to work in, `whole` + ROW_EXTRA
};

#define ROW_KEEP_MIN (1.0f / 600) // less of it cannot be seen

// The colours of a run, its first pixel first.
struct run {
    const float *red, *green, *blue;
    const float *cover; // 0..1
};

struct row row_new(int width);
void row_free(struct row *row);
void row_clear(struct row *row);

// The first block from `at` on, below `end`, that is open, or that is not.
static inline int row_find(const uint64_t *blocks, int at, int end, bool open)
{
    for (; at < end; at = (at / ROW_WORD + 1) * ROW_WORD) {
        uint64_t word = open ? blocks[at / ROW_WORD] : ~blocks[at / ROW_WORD];
        word >>= at % ROW_WORD;
        if (word) {
            at += __builtin_ctzll(word);
            break;
        }
    }
    return at < end ? at : end;
}

// The next pixels of *at .. `to` of which some are not hidden yet, in whole
// blocks: *at to *end. False: there are none.
static inline bool row_run(const struct row *row, int *at, int *end, int to)
{
    int last = (to + ROW_BLOCK - 1) / ROW_BLOCK;
    int block = row_find(row->open, *at / ROW_BLOCK, last, true);
    if (block >= last)
        return false;
    *at = block * ROW_BLOCK;
    *end = row_find(row->open, block, last, false) * ROW_BLOCK;
    return true;
}

// Lay `n` pixels behind what covers those from `at` on.
void row_lay(struct row *row, int at, int n, const struct run *run);

// The same for what is behind everything: it covers all that is left.
void row_fill(struct row *row, int at, int n, const struct run *run);

// To be told when something else has changed what is kept from `at` on.
void row_close(struct row *row, int at, int n);

// The pixels of `row` whose v is at least `v`: [*from, *to).
void row_below(const struct row *row, float v, int *from, int *to);
