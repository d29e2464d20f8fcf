// Versions: whose a file is, and bringing it up to date.
//
// application_id and user_version live in the file's header and change with
// the transaction, so a migration is there wholly or not at all.

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "db/internal.h"

static bool ask_mark(struct db *db, struct db_mark *mark, struct err *err)
{
    int64_t tables, id;
    if (!db_ask(db, "SELECT count(*) FROM sqlite_master", &tables, err) ||
        !db_ask(db, "PRAGMA application_id", &id, err) ||
        !db_ask(db, "PRAGMA user_version", &mark->version, err))
        return false;
    mark->application_id = (uint32_t)id; // SQLite's is signed
    mark->empty = tables == 0 && id == 0 && mark->version == 0;
    return true;
}

// The three belong together, also while another process migrates.
static bool ask_mark_at_once(struct db *db, struct db_mark *mark,
                             struct err *err)
{
    if (!sqlite3_get_autocommit(db->sql)) // the caller's transaction
        return ask_mark(db, mark, err);
    if (!db_exec(db, "BEGIN", err))
        return false;
    bool ok = ask_mark(db, mark, err);
    db_rollback(db); // nothing was written
    return ok;
}

bool db_read_mark(struct db *db, uint32_t application_id, size_t newest,
                  struct db_mark *mark, struct err *err)
{
    if (!ask_mark_at_once(db, mark, err))
        return false;
    if (mark->empty)
        return true;
    if (mark->application_id != application_id)
        return err_set(err, ERR_DISK,
                       "%s: is a database of another program, or the -wal file "
                       "beside it is of one",
                       db->path);
    if (mark->version < 0)
        return db_damaged(db, "its version is negative", err);
    if ((uint64_t)mark->version > newest)
        return err_set(err, ERR_DISK,
                       "%s: was written by a newer tarmac (version %" PRId64
                       ", this one reads up to %zu); use that one",
                       db->path, mark->version, newest);
    return true;
}

// Other processes may be doing the same: what counts is the version that is
// read inside the transaction. All at once: a commit waits for the disk.
static bool bring_up(struct db *db, uint32_t application_id,
                     const struct db_migration *migrations, size_t n,
                     struct err *err)
{
    struct db_mark mark;
    if (!db_read_mark(db, application_id, n, &mark, err))
        return false;
    if ((uint64_t)mark.version == n) // another has, meanwhile
        return db_check_tables(db, migrations, n, err);
    // A migration may say anew what a table promises.
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    bool ok = true;
    for (size_t i = (size_t)mark.version; i < n && ok; i++)
        ok = db_exec(db, migrations[i].sql, err);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!ok)
        return false;
    char *stamp = xasprintf("PRAGMA application_id = %" PRId32 ";"
                            "PRAGMA user_version = %zu;",
                            (int32_t)application_id, n);
    ok = db_exec(db, stamp, err);
    free(stamp);
    return ok && (mark.empty || db_check_tables(db, migrations, n, err));
}

// --- the tables are those that the migrations make
#define SCHEMA                                                                 \
    "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"                \
    " ORDER BY type, name"

// Whether `db` has this part of a schema, letter by letter. False with `err`
// when it has not, or when it cannot be told, which is no damage.
static bool has_part(struct db *db, const char *name, const char *sql,
                     struct err *err)
{
    static const char ask[] =
        "SELECT 1 FROM sqlite_master WHERE name = ?1 AND sql = ?2";
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->sql, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 2, sql, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_DONE) {
        char *what = xasprintf("'%s' is missing or was changed", name);
        db_damaged(db, what, err);
        free(what);
    } else if (code != SQLITE_ROW) {
        db_fail(db, err);
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW;
}

static bool compare(struct db *db, sqlite3 *model, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(model, SCHEMA, -1, &stmt, NULL) != SQLITE_OK)
        db_defect("what migrations make cannot be read: %s",
                  sqlite3_errmsg(model));
    bool same = true;
    while (same && sqlite3_step(stmt) == SQLITE_ROW)
        same = has_part(db, (const char *)sqlite3_column_text(stmt, 0),
                        (const char *)sqlite3_column_text(stmt, 1), err);
    sqlite3_finalize(stmt);
    return same;
}

static sqlite3 *make_model(const struct db_migration *migrations,
                           size_t version)
{
    sqlite3 *model = NULL;
    if (sqlite3_open(":memory:", &model) != SQLITE_OK)
        abort(); // out of memory
    for (size_t i = 0; i < version; i++)
        if (sqlite3_exec(model, migrations[i].sql, NULL, NULL, NULL) !=
            SQLITE_OK)
            db_defect("a migration does not run: %s", sqlite3_errmsg(model));
    return model;
}

// Everything in a schema that is code: SQLite goes by the text, not the type.
#define COUNT_CODE                                                             \
    "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL AND NOT"         \
    " (type IN ('table', 'index') AND (sql GLOB 'CREATE TABLE *'"              \
    "  OR sql GLOB 'CREATE INDEX *' OR sql GLOB 'CREATE UNIQUE INDEX *'"       \
    "  OR sql GLOB 'CREATE VIRTUAL TABLE *'))"

// Not more of it than the model has, all of which compare() finds.
static bool has_no_more_code(struct db *db, sqlite3 *model, struct err *err)
{
    int64_t n, ours;
    struct db of_model = {.sql = model, .path = db->path};
    return db_ask(db, COUNT_CODE, &n, err) &&
           db_ask(&of_model, COUNT_CODE, &ours, err) &&
           (n <= ours ||
            db_damaged(db, "it has triggers or views, which are not ours",
                       err));
}

bool db_check_tables(struct db *db, const struct db_migration *migrations,
                     size_t version, struct err *err)
{
    sqlite3 *model = make_model(migrations, version);
    bool same = has_no_more_code(db, model, err) && compare(db, model, err);
    sqlite3_close(model);
    return same;
}

bool db_migrate(struct db *db, uint32_t application_id,
                const struct db_migration *migrations, size_t n,
                struct err *err)
{
    struct db_mark mark;
    if (!db_read_mark(db, application_id, n, &mark, err))
        return false;
    if ((size_t)mark.version == n)
        return true;
    if (!db_begin(db, err))
        return false;
    if (bring_up(db, application_id, migrations, n, err) && db_commit(db, err))
        return true;
    db_rollback(db);
    return false;
}
