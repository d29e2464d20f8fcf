// What `verify` finds and `prune` could take away, in words and as JSON. Pure.
// Names from outside are made printable and bounded.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "data/value.h"

// "512 bytes", "48.0 kB", "4.1 GB"
void bytes_text(int64_t bytes, struct buf *out);

// --- verify
enum kept {
    KEPT_WHOLE,
    KEPT_MISSING,
    KEPT_DAMAGED, // other bytes; of an output: with the time of the old ones
    KEPT_UNREADABLE,
    KEPT_EDITED, // an output that somebody changed
    KEPT_OTHER,  // a link, folder or device in its place
    KEPT_ASIDE,  // was damaged, and has another name now
    KEPT_MENDED, // was missing or damaged, and is whole again
    KEPT_UNLISTED,
};
#define KEPT_STATES (KEPT_UNLISTED + 1)

struct kept_file {
    enum kept kept;
    bool output; // else a file of the store
    const char *path;
    const char *more; // why it cannot be read; of what it was mended; its new
                      // name; or NULL
    const struct value *row; // of the ledger; NULL: none
};
// One line.
void kept_text(const struct kept_file *file, struct buf *out);
// What to type about it, for its run's command line; no newline. Nothing where
// nobody is needed.
void kept_next(const struct kept_file *file, const char *again,
               struct buf *out);
struct value *kept_value(const struct kept_file *file, const char *next);

struct kept_sum {
    int64_t clips, outputs;
    int64_t bytes; // that were read
    int64_t clip[KEPT_STATES], output[KEPT_STATES];
    bool interrupted;
};
// "312 clips, 4.1 GB: all whole"
void kept_end_text(const struct kept_sum *sum, struct buf *out);
struct value *kept_end_value(const struct kept_sum *sum);
// 130, 9, 5 or 0. Outputs are the user's: only those whose disk fails count.
int kept_exit(const struct kept_sum *sum);

// --- prune
enum prune_kind {
    PRUNE_FRAMES,
    PRUNE_PARTS,
    PRUNE_BAD,
    PRUNE_RUNS,
    PRUNE_GATEWAY,
};
#define PRUNE_KINDS (PRUNE_GATEWAY + 1)

struct prune_sum {
    struct {
        int64_t files, bytes;
    } of[PRUNE_KINDS];
    int64_t stay;      // files that no row knows
    const char *older; // the age that was asked for, or NULL
    bool deleted, interrupted;
};
// A line for each kind that has some, why it is safe, and what to type.
void prune_text(const struct prune_sum *sum, struct buf *out);
struct value *prune_end_value(const struct prune_sum *sum);
// One file. `stays`: it could be the only copy of a paid clip.
void prune_file_text(const char *path, int64_t bytes, bool stays,
                     struct buf *out);
struct value *prune_file_value(enum prune_kind kind, const char *path,
                               int64_t bytes, bool stays, bool deleted);
