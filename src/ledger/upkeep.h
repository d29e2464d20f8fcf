// What `verify` and `prune` ask: which files there must be, and what became of
// those that a name speaks of. A page is of one moment and ends the read, so
// that hours of reading files hold up no writer.

#pragma once

#include "ledger/list.h"

// What a question is about; {NULL, 0}: everything.
struct ledger_scope {
    const char *recipe; // what it bought, and what it has outputs of
    int64_t purchase;
};

struct ledger_kept {
    int64_t clips, outputs;
    int64_t bytes; // of the store's files, each once, and of the outputs
};
bool ledger_sum_kept(struct ledger *l, const struct ledger_scope *scope,
                     struct ledger_kept *kept, struct err *err);

// {clip, sha256, ext, bytes, fingerprint, recipe, cell, gateway, task_id, argv}
// of each clip, in the order of (sha256, clip): at most `max` of those behind
// (after, clip), at first ("", 0).
bool ledger_list_clips(struct ledger *l, const struct ledger_scope *scope,
                       const char *after, int64_t clip, int64_t max,
                       ledger_row *row, void *arg, struct err *err);
// The same and {path, mtime_ns, clip_sha256} of each output, sha256 and bytes
// those of the output; in the order of their paths, at first behind "".
bool ledger_list_outputs(struct ledger *l, const struct ledger_scope *scope,
                         const char *after, int64_t max, ledger_row *row,
                         void *arg, struct err *err);

// {path} of the outputs that were written with the content of a clip, and then
// of those that were made of it.
bool ledger_list_copies(struct ledger *l, const char *sha256, ledger_row *row,
                        void *arg, struct err *err);

// {sha256, ext, bytes} of all that an attempt delivered; no row where it has
// not (or no longer: it is being fetched again). Nor where it is younger than
// `written_ms`, of a file with its number: where an older ledger was put back,
// numbers are given again, and the file is of a purchase that nobody knows.
bool ledger_list_delivered(struct ledger *l, int64_t attempt,
                           int64_t written_ms, ledger_row *row, void *arg,
                           struct err *err);
// The same of a task of the built-in gateway.
bool ledger_list_delivered_local(struct ledger *l, const char *task_id,
                                 ledger_row *row, void *arg, struct err *err);

// What was spent, and how many are in flight, summed anew where it is wrong.
// Opens the ledger for itself.
bool ledger_mend_sums(const char *state_dir, bool *mended, struct err *err);

// Whether some clip has this file in the store.
bool ledger_knows_file(struct ledger *l, const char *sha256, const char *ext,
                       bool *knows, struct err *err);
