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
        return err_set(err, ERR_DISK, "%s: is a database of another program",
                       db->path);
    if (mark->version < 0 || (uint64_t)mark->version > newest)
        return err_set(err, ERR_DISK,
                       "%s: was written by a newer tarmac (version %" PRId64
                       ", this one reads up to %zu)",
                       db->path, mark->version, newest);
    return true;
}

// Other processes may be doing the same: what counts is the version that is
// read inside the transaction. *version is what the file has then.
static bool step(struct db *db, uint32_t application_id,
                 const struct db_migration *migrations, size_t n,
                 size_t *version, struct err *err)
{
    struct db_mark mark;
    if (!db_begin(db, err))
        return false;
    if (!db_read_mark(db, application_id, n, &mark, err)) {
        db_rollback(db);
        return false;
    }
    *version = (size_t)mark.version;
    if (*version == n) {
        db_rollback(db);
        return true;
    }
    char *stamp = xasprintf("PRAGMA application_id = %" PRId32 ";"
                            "PRAGMA user_version = %zu;",
                            (int32_t)application_id, *version + 1);
    bool ok = db_exec(db, migrations[*version].sql, err) &&
              db_exec(db, stamp, err) && db_commit(db, err);
    free(stamp);
    if (ok)
        ++*version;
    else
        db_rollback(db);
    return ok;
}

bool db_migrate(struct db *db, uint32_t application_id,
                const struct db_migration *migrations, size_t n,
                struct err *err)
{
    struct db_mark mark;
    if (!db_read_mark(db, application_id, n, &mark, err))
        return false;
    size_t version = (size_t)mark.version;
    while (version < n)
        if (!step(db, application_id, migrations, n, &version, err))
            return false;
    return true;
}
