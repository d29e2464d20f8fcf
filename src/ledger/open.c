#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "ledger/internal.h"

#define PAGE_BYTES 4096 // of SQLite

bool ledger_exists(const char *state_dir)
{
    struct stat st; // a link that leads nowhere is to be told of
    char *path = path_join(state_dir, LEDGER_FILE);
    bool exists = lstat(path, &st) == 0;
    free(path);
    return exists;
}

// One page holds no table: all that there may be is in the log.
bool ledger_is_empty(const char *state_dir)
{
    struct stat st;
    char *path = path_join(state_dir, LEDGER_FILE);
    bool there = stat(path, &st) == 0;
    bool empty = there ? st.st_size == 0 ||
                             (st.st_size <= PAGE_BYTES && db_is_empty(path))
                       : errno == ENOENT;
    free(path);
    return empty;
}

struct ledger *ledger_open(struct loop *loop, const char *state_dir,
                           struct err *err)
{
    if (!path_mkdirs(state_dir, err))
        return NULL;
    char *path = path_join(state_dir, LEDGER_FILE);
    struct ledger *l = xcalloc(1, sizeof(*l));
    l->has_calls = l->has_cells = l->has_sums = true;
    l->db = db_open(path, LEDGER_APPLICATION_ID, ledger_migrations,
                    ledger_n_migrations, err);
    if (l->db)
        l->writer = db_writer_new(loop, path, LEDGER_APPLICATION_ID,
                                  ledger_n_migrations, err);
    free(path);
    if (!l->writer) {
        ledger_close(l);
        return NULL;
    }
    return l;
}

// A reader does not bring an old ledger up to date.
static bool look_for(struct ledger *l, const char *table, bool *has,
                     struct err *err)
{
    struct db_stmt *s =
        db_stmt(l->db, "SELECT 1 AS one FROM sqlite_master"
                       " WHERE type = 'table' AND name = :table");
    db_bind_text(s, ":table", table);
    enum db_step step = db_step(s, err);
    *has = step == DB_ROW;
    db_reset(s);
    return step != DB_FAILED;
}

struct ledger *ledger_open_read(const char *state_dir, struct err *err)
{
    char *path = path_join(state_dir, LEDGER_FILE);
    struct ledger *l = xcalloc(1, sizeof(*l));
    l->db = db_open_read(path, LEDGER_APPLICATION_ID, ledger_migrations,
                         ledger_n_migrations, err);
    free(path);
    if (!l->db || !look_for(l, "outcomes", &l->has_calls, err) ||
        !look_for(l, "cells", &l->has_cells, err) ||
        !look_for(l, "in_flight", &l->has_sums, err)) {
        ledger_close(l);
        return NULL;
    }
    return l;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    db_writer_free(l->writer);
    if (l->db)
        db_close(l->db);
    free(l);
}
