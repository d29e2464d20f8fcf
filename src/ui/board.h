// What has changed on a page since a reader last looked. Of each thing only the
// newest is known, so that a slow reader gets it once, and nobody keeps a queue
// for him. Pure: it keeps versions, not what they are of.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum board_kind {
    BOARD_NOTHING, // the reader has everything
    BOARD_RELOAD,  // other cells than those that he knows
    BOARD_HEAD,
    BOARD_CELL,     // `nth`
    BOARD_PROGRESS, // of cell `nth`
};
struct board_change {
    enum board_kind kind;
    uint64_t version, nth;
    double progress; // 0..1
};

// Where a reader is. Zero but for `version`, which is that of the last change
// that he has got.
struct board_reader {
    uint64_t version;
    size_t at;
};

struct board;
struct board *board_new(void);
void board_free(struct board *board);

// From now on `cells` cells, numbered from 1, of which nothing is known.
void board_begin(struct board *board, uint64_t cells);
uint64_t board_cells(const struct board *board);

// The newest of each; false when it is as it was. A cell that is not on the
// board is left out.
bool board_head(struct board *board, const char *text);
bool board_cell(struct board *board, uint64_t nth, const char *text);
bool board_progress(struct board *board, uint64_t nth, double progress);

// Grows with every change, from 1.
uint64_t board_version(const struct board *board);
// The next thing that the reader lacks, which he has then. One who knows a
// version that there never was begins anew, without BOARD_RELOAD.
void board_next(const struct board *board, struct board_reader *reader,
                struct board_change *change);
bool board_has_more(const struct board *board,
                    const struct board_reader *reader);
