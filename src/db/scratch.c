// A database that nobody else sees, and that nobody needs afterwards.

#include <stdlib.h>

#include "base/mem.h"
#include "db/internal.h"

#define SETTINGS                                                               \
    "PRAGMA journal_mode = OFF;"                                               \
    "PRAGMA synchronous = OFF;"                                                \
    "PRAGMA locking_mode = EXCLUSIVE;"                                         \
    "PRAGMA cache_size = -4096;" // KiB

struct db *db_open_scratch(const char *sql, struct err *err)
{
    struct db *db = xcalloc(1, sizeof(*db));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    db->path = xstrdup("a temporary database");
    db_configure();
    bool ok = sqlite3_open_v2("", &db->sql, flags, NULL) == SQLITE_OK;
    if (!db->sql)
        abort(); // out of memory
    if (!ok)
        db_fail(db, err);
    if (ok && db_exec(db, SETTINGS, err) && db_exec(db, sql, err))
        return db;
    db_close(db);
    return NULL;
}
