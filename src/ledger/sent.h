// What left, beside the ledger: `.tarmac/runs/<run>.sent` has a line for each
// purchase, written just before its POST. A ledger that lacks one of them is an
// older copy, or the end of its -wal file is lost, which SQLite drops without a
// word: what it says was not sent would be bought twice.
//
// Not synced: it is for runs that are killed, whose writes are not lost.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ledger/ledger.h"

// Its row says `submitting`, on disk; the POST is next. False: not noted, with
// errno; nothing else changes then.
bool sent_note(const char *state_dir, const char *run, const char *token,
               int64_t attempt);
// It did not arrive, or did not count: its row becomes `intent` again. Or the
// row is another run's, whose file tells of it from now on.
void sent_take_back(const char *state_dir, const char *run, const char *token,
                    int64_t attempt);

// Any run's file is there.
bool sent_is_left(const char *state_dir);
// Before a run buys: the ledger has what dead runs have sent, and then their
// files go, unless `l` only reads. False with `err` where it lacks some; the
// ledger's log is then left as it is, also when the ledger is closed.
bool sent_check(const char *state_dir, struct ledger *l, struct err *err);

// The run has ended, its end is recorded, and the ledger is closed. Its file
// stays while the ledger still needs its log.
void sent_drop(const char *state_dir, const char *run);
