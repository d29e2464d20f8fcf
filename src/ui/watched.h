// The run that a live page shows: its rows as the ledger has them, brought up
// to date while they change, and what only memory knows. On the loop's thread,
// a little at a time.

#pragma once

#include "engine/engine.h"
#include "ledger/ledger.h"
#include "ui/board.h"

struct watched;
// `reader`: a ledger for this alone, opened for reading; borrowed, as
// `state_dir` is. `from_afar`: of another process, so that nobody tells what
// changes.
struct watched *watched_new(struct ledger *reader, const char *state_dir,
                            bool from_afar);
void watched_free(struct watched *watched); // NULL is fine

// Show run `run` from now on, which has so many cells (0: as the ledger says,
// where it may not stand yet). `again`: it has the same cells as the one
// before, and what that delivered is shown until this run says otherwise. False
// with `err`; then all is as it was.
bool watched_show(struct watched *watched, const char *run, uint64_t cells,
                  bool again, struct err *err);
// A purchase of this process, which cell `nth` asked for, has another state or
// progress.
void watched_purchase(struct watched *watched, uint64_t nth,
                      const struct purchase *purchase);
// The engine goes, with all purchases.
void watched_forget(struct watched *watched);

// Read what has changed and put it on the board, for a few milliseconds at
// most: *more, if that was not all. False with `err`.
bool watched_look(struct watched *watched, bool *more, struct err *err);

const struct board *watched_board(const struct watched *watched);
// What gallery_head() tells; borrowed until the next look.
const struct value *watched_head(const struct watched *watched);
// The head as the page gets it has changed.
void watched_head_is(struct watched *watched, const char *text);
// A cell as the page gets it: one line of JSON, owned; NULL: it is not there.
char *watched_cell(struct watched *watched, uint64_t nth);
