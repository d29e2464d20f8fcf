// What the files of this room share.

#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "db/db.h"
#include "ledger/ledger.h"

#define LEDGER_APPLICATION_ID 0x54524d43u // "TRMC"
#define LEDGER_FILE "ledger.db"           // in the state folder

// SQL, true of an attempt that was bought, may have been, or is about to be:
// not of what was refused, or cancelled before it was sent.
#define LEDGER_BOUGHT                                                          \
    "(state <> 'refused' AND NOT (state = 'cancelled' AND sent_ms IS NULL))"

// SQL, true of an attempt that costs its price: what failed costs nothing.
#define LEDGER_COSTS "(" LEDGER_BOUGHT " AND state <> 'failed')"

// ledger_count_open() on a connection: within a write, it holds until its end.
bool ledger_count_open_in(struct db *db, const char *gateway,
                          const char *except, int64_t *n, struct err *err);

extern const struct db_migration ledger_migrations[];
extern const size_t ledger_n_migrations;

struct ledger {
    struct db *db;            // reads, on the loop's thread
    struct db_writer *writer; // NULL when opened for reading only
    bool has_calls;           // false: an old one, opened for reading only
    bool has_cells;           // the same
};

// The files in the folder runs/ whose names end with `end`, which is borrowed;
// none where there is no such folder.
struct run_files {
    DIR *dir;
    const char *end;
};
struct run_files run_files_open(const char *state_dir, const char *end);
// The next one's name before its end; owned. NULL: no more.
char *run_files_next(struct run_files *files);
void run_files_close(struct run_files *files);

// False when `name` is not a state.
bool attempt_state_read(const char *name, enum attempt_state *state);

// The first member of every queued write. The caller's strings are gone when
// the pool's thread comes to the job, so the job keeps copies.
struct write {
    ledger_done *done; // may be NULL
    void *arg;
    char *kept[10];
    size_t n_kept;
};

// A copy that lives as long as the write; NULL stays NULL.
const char *write_keep(struct write *w, const char *s);

// Queue `job`, which gets `w` (allocated; owned from here on) as its argument.
void write_queue(struct ledger *l,
                 bool (*job)(struct db *db, void *arg, struct err *err),
                 struct write *w);
void write_free(struct write *w);

// Why a compare-and-set of `attempt` changed nothing, as an error.
bool move_refused(struct db *db, int64_t attempt, const char *wanted,
                  struct err *err);
