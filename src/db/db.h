// SQLite: open, migrate, statements, and group commit off the loop's thread.
// WAL, synchronous=FULL, foreign keys on, a busy timeout of 10 s.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

// Append-only: number i takes a database from version i to i+1.
struct db_migration {
    const char *sql;
};

// Open or make `path`, and bring it to version `n`. A newer version, a damaged
// file, other tables than the migrations make, or a file that is not ours
// (application_id) is an error that says so and changes nothing.
// `application_id` marks the file. Network file systems are refused. All errors
// here are ERR_DISK and name the file.
struct db *db_open(const char *path, uint32_t application_id,
                   const struct db_migration *migrations, size_t n,
                   struct err *err);
// For reading only; an existing database of version at most `n`. Works in a
// folder that cannot be written, too.
struct db *db_open_read(const char *path, uint32_t application_id,
                        const struct db_migration *migrations, size_t n,
                        struct err *err);
// An empty one of this process alone, for what memory is not for: a file
// without a name where the system keeps such files, gone with db_close().
// Nothing of it outlives a crash. `sql` makes its tables.
struct db *db_open_scratch(const char *sql, struct err *err);
// True when nothing at all is in `path`, a file, and in the log beside it.
bool db_is_empty(const char *path);
void db_close(struct db *db);
// Move what the log beside the database holds into it, and empty the log. False
// when that cannot be done just now: somebody else uses it, or the disk is
// full.
bool db_checkpoint(struct db *db);
// Closing it will leave the log as it is.
void db_leave_log(struct db *db);
const char *db_version(void); // of SQLite: "3.40.1"
// False with err when `path` would be on a network file system.
bool db_may_lie(const char *path, struct err *err);

// A statement, prepared once per connection for the address of `sql` (a string
// literal) and reset. One use at a time. SQL that does not prepare is a defect:
// it ends the process.
struct db_stmt *db_stmt(struct db *db, const char *sql);
// `name` (":name"), as those of columns below, is a string literal or as
// lasting: where it was found is remembered by its address.
void db_bind_int(struct db_stmt *s, const char *name, int64_t v);
void db_bind_text(struct db_stmt *s, const char *name, const char *v); // NULL
void db_bind_blob(struct db_stmt *s, const char *name, const void *v,
                  size_t len);
void db_bind_null(struct db_stmt *s, const char *name);

enum db_step { DB_ROW, DB_DONE, DB_FAILED };
enum db_step db_step(struct db_stmt *s, struct err *err);
bool db_run(struct db_stmt *s, struct err *err); // step to its end
void db_reset(struct db_stmt *s); // ends the read; after the last row

// Columns by name; asking for one that is not there is a defect.
int64_t db_int(struct db_stmt *s, const char *column);
const char *db_text(struct db_stmt *s, const char *column); // NULL; borrowed
// Borrowed until the next step, as db_text(); NULL when empty or NULL.
const void *db_blob(struct db_stmt *s, const char *column, size_t *len);
bool db_is_null(struct db_stmt *s, const char *column);

bool db_begin(struct db *db, struct err *err); // BEGIN IMMEDIATE
// All reads from the next one to db_rollback() see the same moment.
bool db_moment(struct db *db, struct err *err);
bool db_commit(struct db *db, struct err *err); // undone when it fails
void db_rollback(struct db *db);
int64_t db_changes(struct db *db); // rows of the last statement
// Of the row that was added last; 0: none since db_forget_last_id().
int64_t db_last_id(struct db *db);
void db_forget_last_id(struct db *db);

// --- group commit
// One writer with a connection of its own. Jobs run in the pool's thread, in
// order, those that came meanwhile in one transaction; a job that returns false
// is undone alone, for which all of them may be run a second time: what a job
// leaves in `arg` is of the last time. `done` (or NULL) runs on the loop after
// the commit is on disk: err is NULL then. If the transaction itself fails,
// every job of it gets the error. A job neither begins nor commits, does not
// log, and touches nothing of the loop's but its `arg`.
struct db_writer *db_writer_new(struct loop *loop, const char *path,
                                uint32_t application_id, size_t version,
                                struct err *err);
void db_write(struct db_writer *writer,
              bool (*job)(struct db *db, void *arg, struct err *err),
              void (*done)(void *arg, const struct err *err), void *arg);
// The same where it may wait for others, so that one commit does for many. The
// order of the jobs stays that of the calls.
enum db_when {
    DB_NOW,   // not at all; where many are written, 2 ms
    DB_SOON,  // the same; where many are written, 4 ms
    DB_LATER, // nobody waits for it: 20 ms
};
void db_write_when(struct db_writer *writer, enum db_when when,
                   bool (*job)(struct db *db, void *arg, struct err *err),
                   void (*done)(void *arg, const struct err *err), void *arg);
bool db_writer_idle(const struct db_writer *writer);
// Ends after everything queued is done (runs the loop until then, so not from
// inside a callback).
void db_writer_free(struct db_writer *writer);
