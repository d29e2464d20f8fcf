// A connection's errors, transactions and end.

#include "db/db.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/internal.h"

_Noreturn void db_defect(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "tarmac: defect: ");
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n");
    va_end(args);
    abort();
}

// What the user can do something about, in words of ours.
static const char *reason(int code)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
        return "another process keeps it locked";
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_READONLY:
        return "it may not be written";
    case SQLITE_CANTOPEN: // SQLite no longer knows why
        return "it, or a file beside it, cannot be opened or made: look at the "
               "room on the disk and the permissions of the folder";
    default:
        return NULL;
    }
}

bool db_damaged(const struct db *db, const char *what, struct err *err)
{
    return err_set(err, ERR_DISK,
                   "%s: the file is damaged (%s); it is left as it is, and so "
                   "are the files beside it; see what can be read of it with: "
                   "sqlite3 '%s' .recover",
                   db->path, what, db->path);
}

bool db_fail(struct db *db, struct err *err)
{
    int code = sqlite3_extended_errcode(db->sql);
    const char *ours = reason(code);
    const char *theirs = sqlite3_errmsg(db->sql);
    int os = sqlite3_system_errno(db->sql);
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        return db_damaged(db, theirs, err);
    if (ours)
        return err_set(err, ERR_DISK, "%s: %s (%s)", db->path, ours, theirs);
    if ((code & 0xff) == SQLITE_IOERR && os != 0)
        return err_set(err, ERR_DISK, "%s: %s (%s)", db->path, theirs,
                       strerror(os));
    return err_set(err, ERR_DISK, "%s: %s", db->path, theirs);
}

bool db_exec(struct db *db, const char *sql, struct err *err)
{
    return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK ||
           db_fail(db, err);
}

bool db_ask(struct db *db, const char *sql, int64_t *out, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(stmt, 0);
    else
        db_fail(db, err);
    sqlite3_finalize(stmt);
    return ok;
}

bool db_begin(struct db *db, struct err *err)
{
    return db_run(db_stmt(db, "BEGIN IMMEDIATE"), err);
}

bool db_moment(struct db *db, struct err *err)
{
    return db_run(db_stmt(db, "BEGIN"), err);
}

bool db_commit(struct db *db, struct err *err)
{
    if (db_run(db_stmt(db, "COMMIT"), err))
        return true;
    db_rollback(db);
    return false;
}

void db_rollback(struct db *db)
{
    if (!sqlite3_get_autocommit(db->sql))
        sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->sql);
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->sql);
}

void db_forget_last_id(struct db *db)
{
    sqlite3_set_last_insert_rowid(db->sql, 0);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_stmts_free(db);
    sqlite3_close(db->sql);
    free(db->path);
    free(db);
}
