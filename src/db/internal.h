// What the files of this room share: the connection.

#pragma once

#include <sqlite3.h>

#include "db/db.h"

struct db {
    sqlite3 *sql;
    char *path;
    struct db_stmt *stmts; // prepared so far
};

// A file of ours, as its header says.
struct db_mark {
    int64_t application_id, version;
    bool empty; // no table yet, and no mark: new
};

// Fill `err` with the file and SQLite's last reason; always false.
bool db_fail(struct db *db, struct err *err);
// The same for a file whose pages or tables are not what they were; `what` says
// how that was seen.
bool db_damaged(const struct db *db, const char *what, struct err *err);
// One or more statements without results.
bool db_exec(struct db *db, const char *sql, struct err *err);
// The first column of the first row, a number.
bool db_ask(struct db *db, const char *sql, int64_t *out, struct err *err);
// A mistake of ours: says so on stderr and ends the process. From any thread.
_Noreturn void db_defect(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

// open.c: what holds for all connections, once, before the first.
void db_configure(void);
// A bare connection; `flags` are SQLite's. NULL with `err`.
struct db *db_connect(const char *path, int flags, struct err *err);
// The settings of a connection that writes; the file becomes WAL.
bool db_prepare(struct db *db, struct err *err);

// migrate.c: read the mark; refuse a file that is not ours or is newer than
// `newest`.
bool db_read_mark(struct db *db, uint32_t application_id, size_t newest,
                  struct db_mark *mark, struct err *err);
// The tables and indexes of the first `version` migrations are there, and
// nothing that acts by itself.
bool db_check_tables(struct db *db, const struct db_migration *migrations,
                     size_t version, struct err *err);
bool db_migrate(struct db *db, uint32_t application_id,
                const struct db_migration *migrations, size_t n,
                struct err *err);

// stmt.c
void db_stmts_reset(struct db *db);
void db_stmts_free(struct db *db);
