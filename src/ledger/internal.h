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

// Conditions on an attempt, in SQL. `row` names it: "NEW." in a trigger, "" in
// a query of attempts alone. Triggers of the ledger are made of them: to change
// one takes a new version in schema.c.
//
// It was bought, may have been, or is about to be: not what was refused, or
// cancelled before it was sent.
#define LEDGER_BOUGHT_OF(row)                                                  \
    "(" row "state <> 'refused' AND NOT (" row "state = 'cancelled' AND " row  \
    "sent_ms IS NULL))"
#define LEDGER_BOUGHT LEDGER_BOUGHT_OF("")

// It costs its price: what failed costs nothing.
#define LEDGER_COSTS_OF(row)                                                   \
    "(" LEDGER_BOUGHT_OF(row) " AND " row "state <> 'failed')"
#define LEDGER_COSTS LEDGER_COSTS_OF("")

// It is in flight: what the service has ended runs no more there.
#define LEDGER_FLIES_OF(row)                                                   \
    "(" row "ended_ms IS NULL AND " row "state <> 'ready' AND " row            \
    "state <> 'fetching')"
#define LEDGER_FLIES LEDGER_FLIES_OF("")

// The rows of tables that the ledger keeps up to date by itself, from the
// attempts: what recipes and gateways have spent, and how many each run has in
// flight. The sum is exact where it fits; else a REAL, and not an error, as
// that of sum() would be.
#define LEDGER_SPENT_OF(what)                                                  \
    "SELECT '" what "' AS what, " what " AS name, sum(price >> 32) * "         \
    "4294967296 + sum(price & 4294967295) AS price FROM attempts"              \
    " WHERE price > 0 AND " LEDGER_COSTS " GROUP BY " what
#define LEDGER_SPENT                                                           \
    LEDGER_SPENT_OF("recipe") " UNION ALL " LEDGER_SPENT_OF("gateway")
#define LEDGER_IN_FLIGHT                                                       \
    "SELECT gateway, owner, count(*) AS n FROM attempts WHERE " LEDGER_FLIES   \
    " GROUP BY gateway, owner"

// ledger_spent() and ledger_count_open() on a connection, where what they say
// holds until the end of a write. `what` is "recipe" or "gateway".
bool sums_spent(struct db *db, const char *what, const char *name,
                int64_t *thousandths, struct err *err);
bool sums_in_flight(struct db *db, const char *gateway, const char *except,
                    int64_t *n, struct err *err);
// False with `err` when the sums are not those of the attempts. O(attempts).
bool sums_check(struct db *db, struct err *err);

extern const struct db_migration ledger_migrations[];
extern const size_t ledger_n_migrations;

struct ledger {
    struct db *db;            // reads, on the loop's thread
    struct db_writer *writer; // NULL when opened for reading only
    bool has_calls;           // false: an old one, opened for reading only
    bool has_cells;           // the same
    bool has_sums;            // the same
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
// Where money hangs on it, DB_NOW.
void write_queue(struct ledger *l, enum db_when when,
                 bool (*job)(struct db *db, void *arg, struct err *err),
                 struct write *w);
void write_free(struct write *w);

// Why a compare-and-set of `attempt` changed nothing, as an error.
bool move_refused(struct db *db, int64_t attempt, const char *wanted,
                  struct err *err);
