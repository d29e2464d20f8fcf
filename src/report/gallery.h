// A run as it is looked at: rows of the ledger as the tree that the page reads
// (src/report/page). Of requests, names, messages and command lines it has what
// may be told (report/embed.h, report/manifest.h), since a report is given to
// others. Knows no files: whether a clip lies in the store is for who asks.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "data/value.h"
#include "ledger/cells.h"

#define GALLERY_FORMAT 1

struct gallery;

// `run` is a whole id. The ledger may be one that another process writes, and
// is borrowed, as is `state_dir` (runs that were killed are known by their
// locks there). NULL with err; err->kind ERR_NONE: there is no such run.
struct gallery *gallery_new(struct ledger *l, const char *state_dir,
                            const char *run, struct err *err);
void gallery_free(struct gallery *gallery); // NULL is fine

// From here on, until it is freed, all is of one moment: for a report, not for
// who follows a run.
bool gallery_hold(struct gallery *gallery, struct err *err);

// How many cells of the run the ledger has: 0 for runs of an earlier tarmac,
// and those that are not among the newest (LEDGER_RUNS_KEPT) of their recipe.
int64_t gallery_recorded(const struct gallery *gallery);

// {tarmac_report, made_by, made_ms, recipe: {name, about, file}, run: {id,
// command, started_ms, ended_ms, exit, cells, recorded, alive}, money: {spent,
// reserved, unknown, budget}, live: false}; what is not known is left out.
// Credits are whole ones, times milliseconds since 1970. Read anew each time.
// Owned; NULL with err.
struct value *gallery_head(struct gallery *gallery, int64_t now_ms,
                           struct err *err);

// {nth, index, name, take, axes, state, error: {kind, message, task_id},
// clips: [{file, poster, output, path, sha256, ext, seconds, width, height,
// bytes, purchase, extra}], purchases: [{fingerprint, gateway, route, take,
// state, task_id, credits, attempt, kind, reason, asked_ms, sent_ms,
// accepted_ms, ended_ms, request, left_out}], again, began_ms, ended_ms}.
//
// state: queued running delivered failed cancelled unknown unfinished. `clips`:
// outputs in their order, then what else its purchases delivered ("extra").
// `again` is left out where a command that makes this very cell cannot be told.
// Handed out in order of nth, those behind `after_nth`; `cell` is borrowed.
typedef void gallery_cell_fn(void *arg, const struct value *cell);
bool gallery_cells(struct gallery *gallery, uint64_t after_nth,
                   gallery_cell_fn *fn, void *arg, struct err *err);
// One of them, owned; NULL with err (ERR_NONE: there is no such cell).
struct value *gallery_cell(struct gallery *gallery, uint64_t nth,
                           struct err *err);
