// What the files of the montage share. For them only.

#pragma once

#include "report/montage.h"

#define MONTAGE_ABSENT 0 // index of what a cell has no value of

struct montage_key {
    char *name;
    char **exact, **shown; // of each value: as it is told apart, as it is read
    size_t n;              // the first of them is absence
    bool is_axis;
    int of;         // the axis whose values decide this one's; -1: none
    bool is_number; // of a group that its columns tell apart
};

struct montage_place {
    uint64_t nth;
    char *name, *sha256, *ext, *file, *state, *why; // owned
    int width, height;                              // of the clip; 0: not known
    size_t *at, n_at; // of each key: which of its values
    size_t again;     // how many before it are told apart by nothing
    size_t column, row;
};

struct montage {
    enum montage_kind kind;
    struct montage_key *keys; // in order; an axis's columns behind it
    size_t n_keys;
    struct montage_place *places;
    size_t n;
    size_t *columns, n_columns_by; // keys
    size_t *rows, n_rows_by;
    size_t n_columns, n_rows;
    char *title, *about, *facts, *fixed;
    struct montage_frame {
        int width, height; // of all
        // As they are seen: a lone row is broken as a paragraph is.
        size_t columns, lines;
        int margin, gap, px, line;   // px: of letters
        int title;                   // of those of the title
        int widest;                  // what the labels above cells want
        int top;                     // where the cells' part begins
        int beside, above;           // room for their labels
        int tile_width, tile_height; // of a cell
    } frame;
};

// --- montage_axes.c
size_t montage_index(struct montage_key *key, const struct value *v);
struct montage_key *montage_key(struct montage *m, const char *name,
                                size_t *index);
size_t montage_at(const struct montage_place *place, size_t key);
// Which keys are axes, and which of these are columns and rows.
void montage_find_axes(struct montage *m);
bool montage_pick(struct montage *m, const char *columns, struct err *err);
void montage_pick_one(struct montage *m, size_t key);
// Then which cell is in which.
void montage_order(struct montage *m);

// --- montage_words.c
// What is fit to be read in one line, at most `max` bytes; owned.
char *montage_one_line(const char *text, size_t len, size_t max);
void montage_head_words(struct montage *m, const struct value *head);
// What is to be read beside cells that have these values: `fn` once a line.
typedef void montage_line_fn(void *arg, const char *dim, const char *text);
void montage_label(const struct montage *m, const struct montage_place *place,
                   const size_t *keys, size_t n, montage_line_fn *fn,
                   void *arg);
// What a line with these needs at most, in halves of its height.
size_t montage_halves(const char *dim, const char *text);

// --- montage_frame.c
// False: it would be too large, or its cells too small.
bool montage_fit(struct montage *m);
