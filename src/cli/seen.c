#include "cli/seen.h"

#include <stdlib.h>

#include "base/mem.h"
#include "db/db.h"

struct seen {
    struct db *db;
};

static const char tables[] = "CREATE TABLE seen("
                             " fingerprint TEXT PRIMARY KEY NOT NULL,"
                             " arrival INTEGER NOT NULL,"
                             " cells INTEGER NOT NULL"
                             ") STRICT, WITHOUT ROWID;";

struct seen *seen_new(struct err *err)
{
    struct db *db = db_open_scratch(tables, err);
    if (!db || !db_begin(db, err)) { // one, which is never committed
        if (db)
            db_close(db);
        return NULL;
    }
    struct seen *seen = xcalloc(1, sizeof(*seen));
    seen->db = db;
    return seen;
}

static bool find(void *ctx, const char *fingerprint, bool *found,
                 struct dry_memo *memo, struct err *err)
{
    struct seen *seen = ctx;
    struct db_stmt *s = db_stmt(seen->db, "SELECT arrival, cells FROM seen"
                                          " WHERE fingerprint = :fingerprint");
    db_bind_text(s, ":fingerprint", fingerprint);
    enum db_step step = db_step(s, err);
    *found = step == DB_ROW;
    if (*found) {
        memo->arrival = db_int(s, "arrival");
        memo->cells = (uint64_t)db_int(s, "cells");
    }
    db_reset(s);
    return step != DB_FAILED;
}

static bool note(void *ctx, const char *fingerprint,
                 const struct dry_memo *memo, struct err *err)
{
    struct seen *seen = ctx;
    struct db_stmt *s = db_stmt(
        seen->db, "INSERT OR REPLACE INTO seen(fingerprint, arrival, cells)"
                  " VALUES(:fingerprint, :arrival, :cells)");
    db_bind_text(s, ":fingerprint", fingerprint);
    db_bind_int(s, ":arrival", memo->arrival);
    db_bind_int(s, ":cells", (int64_t)memo->cells);
    return db_run(s, err);
}

struct dry_seen seen_table(struct seen *seen)
{
    return (struct dry_seen){.ctx = seen, .find = find, .note = note};
}

void seen_free(struct seen *seen)
{
    if (!seen)
        return;
    db_close(seen->db);
    free(seen);
}
