// Opening: where a database may lie, and how a connection is set up.

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "db/internal.h"

#define BUSY_MS 10000
#define RETRY_MS 10
#define CHECKED_BYTES ((int64_t)8 << 20)

// Neither locks nor shared memory can be trusted there.
static bool is_network(long type)
{
    static const unsigned long types[] = {
        0x6969,     // NFS
        0x517b,     // SMB
        0xff534d42, // CIFS
        0xfe534d42, // SMB2
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (((unsigned long)type & 0xffffffff) == types[i])
            return true;
    return false;
}

bool db_may_lie(const char *path, struct err *err)
{
    struct statfs facts;
    char *dir = path_dir(path);
    bool network = statfs(dir, &facts) == 0 && is_network(facts.f_type);
    free(dir);
    if (network)
        err_set(err, ERR_DISK,
                "%s: is on a network file system, where a database that "
                "several processes share can be lost; put it on a local disk",
                path);
    return !network;
}

const char *db_version(void)
{
    return sqlite3_libversion();
}

// Asked beforehand: SQLite would make the files beside a sealed database as
// sealed as it is, and they would be in the way when it is opened up again.
static bool may_write(const char *path, struct err *err)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    bool may = true;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]) && may; i++) {
        char *file = xasprintf("%s%s", path, tails[i]);
        if (access(file, R_OK | W_OK) != 0 && errno != ENOENT)
            may = err_errno(err, ERR_DISK, "cannot write %s", file);
        free(file);
    }
    return may;
}

// SQLite counts what it allocates, under a lock of all threads, for a question
// that nobody asks.
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void db_configure(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
}

// To open a FIFO would be to wait for somebody at its other end.
static bool is_no_fifo(const char *path, struct err *err)
{
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISFIFO(facts.st_mode))
        return true;
    return err_set(err, ERR_DISK, "%s is a FIFO, where a file is needed", path);
}

struct db *db_connect(const char *path, int flags, struct err *err)
{
    if (!db_may_lie(path, err) || !is_no_fifo(path, err) ||
        ((flags & SQLITE_OPEN_READWRITE) && !may_write(path, err)))
        return NULL;
    struct db *db = xcalloc(1, sizeof(*db));
    db->path = xstrdup(path);
    db_configure();
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &db->sql, flags, NULL) != SQLITE_OK) {
        if (!db->sql)
            abort(); // out of memory
        db_fail(db, err);
        db_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    // A file from elsewhere runs no code of its own, and "x" is a name.
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return db;
}

// Several processes that open a new file at once get SQLITE_BUSY here whatever
// the busy timeout says.
static bool make_wal(struct db *db, struct err *err)
{
    static const char sql[] = "PRAGMA journal_mode = WAL";
    for (int waited = 0;; waited += RETRY_MS) {
        int code = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
        if (code == SQLITE_OK)
            return true;
        if ((code & 0xff) != SQLITE_BUSY || waited >= BUSY_MS)
            return db_fail(db, err);
        sqlite3_sleep(RETRY_MS);
    }
}

// The first column of the first row, a text; owned. NULL with `err`.
static char *ask_text(struct db *db, const char *sql, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    char *text = NULL;
    if (sqlite3_prepare_v2(db->sql, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(stmt, 0);
        text = xstrdup(said ? said : "unreadable");
    } else {
        db_fail(db, err);
    }
    sqlite3_finalize(stmt);
    return text;
}

static bool is_wal(struct db *db, struct err *err)
{
    char *mode = ask_text(db, "PRAGMA journal_mode", err);
    bool wal = mode && strcmp(mode, "wal") == 0;
    if (mode && !wal)
        err_set(err, ERR_DISK,
                "%s: this file system cannot hold a database that several "
                "processes share",
                db->path);
    free(mode);
    return wal;
}

// By SQLite's own descriptor: to close another would give its locks up.
// `which`: SQLite's word for the file.
static bool sync_file(struct db *db, int which, struct err *err)
{
    sqlite3_file *file = NULL;
    sqlite3_file_control(db->sql, "main", which, &file);
    int code = file && file->pMethods
                   ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL)
                   : SQLITE_IOERR_FSYNC;
    return code == SQLITE_OK ||
           err_set(err, ERR_DISK, "%s: %s", db->path, sqlite3_errstr(code));
}

// Nothing stands in a new file that a power cut could take, so that two steps
// of its making are waited for, not each: its first page, without which SQLite
// would throw the log beside it away, and that log, with all tables in it.
static bool make_new(struct db *db, uint32_t application_id,
                     const struct db_migration *migrations, size_t n,
                     struct err *err)
{
    return db_exec(db, "PRAGMA synchronous = OFF", err) && make_wal(db, err) &&
           is_wal(db, err) && sync_file(db, SQLITE_FCNTL_FILE_POINTER, err) &&
           db_migrate(db, application_id, migrations, n, err) &&
           sync_file(db, SQLITE_FCNTL_JOURNAL_POINTER, err);
}

bool db_prepare(struct db *db, struct err *err)
{
    return make_wal(db, err) && is_wal(db, err) &&
           db_exec(db,
                   "PRAGMA synchronous = FULL;"
                   "PRAGMA foreign_keys = ON;",
                   err);
}

// Its pages fit together. A large file is trusted: reading it all takes long,
// and SQLite notices damage where it meets it.
static bool check_pages(struct db *db, struct err *err)
{
    struct stat facts;
    if (stat(db->path, &facts) != 0 || facts.st_size > CHECKED_BYTES)
        return true;
    char *said = ask_text(db, "PRAGMA quick_check(1)", err);
    bool sound = said && strcmp(said, "ok") == 0;
    if (said && !sound)
        db_damaged(db, said, err);
    free(said);
    return sound;
}

// What may be read of `db` without a doubt. Changes nothing.
static bool is_ours(struct db *db, uint32_t application_id,
                    const struct db_migration *migrations, size_t n,
                    struct db_mark *mark, struct err *err)
{
    struct db_mark again;
    do {
        if (!db_read_mark(db, application_id, n, mark, err))
            return false;
        if (mark->empty ||
            (check_pages(db, err) &&
             db_check_tables(db, migrations, (size_t)mark->version, err)))
            return true;
        // Another process may just have brought it up to date.
    } while (db_read_mark(db, application_id, n, &again, NULL) &&
             again.version != mark->version);
    return false;
}

void db_leave_log(struct db *db)
{
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

// A log beside it that belongs to another file is not written into this one.
static void close_untouched(struct db *db)
{
    db_leave_log(db);
    db_close(db);
}

bool db_checkpoint(struct db *db)
{
    sqlite3_busy_timeout(db->sql, 0);
    int code = sqlite3_wal_checkpoint_v2(
        db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    return code == SQLITE_OK;
}

struct db *db_open(const char *path, uint32_t application_id,
                   const struct db_migration *migrations, size_t n,
                   struct err *err)
{
    struct db_mark mark;
    struct db *db =
        db_connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (!db)
        return NULL;
    // Everything that only reads comes first: a refusal changes nothing.
    if (is_ours(db, application_id, migrations, n, &mark, err) &&
        (!mark.empty || make_new(db, application_id, migrations, n, err)) &&
        db_prepare(db, err) &&
        db_migrate(db, application_id, migrations, n, err))
        return db;
    close_untouched(db);
    return NULL;
}

bool db_is_empty(const char *path)
{
    struct err err;
    struct db_mark mark = {0};
    struct db *db = db_connect(path, SQLITE_OPEN_READONLY, &err);
    bool empty = db && db_read_mark(db, 0, SIZE_MAX, &mark, &err) && mark.empty;
    if (db)
        db_close(db);
    return empty;
}

// "file:…?immutable=1", for a database in a folder that cannot be written.
static char *immutable_uri(const char *path)
{
    struct buf uri;
    buf_init(&uri, 3 * strlen(path) + 64);
    char *whole = path_absolute(path);
    buf_str(&uri, "file:");
    for (const char *c = whole; *c; c++) {
        if (*c == '?' || *c == '#' || *c == '%')
            buf_printf(&uri, "%%%02x", (unsigned)*c);
        else
            buf_byte(&uri, *c);
    }
    buf_str(&uri, "?immutable=1");
    free(whole);
    return buf_take(&uri);
}

static bool has_unread_wal(const char *path)
{
    struct stat facts;
    char *wal = xasprintf("%s-wal", path);
    bool unread = stat(wal, &facts) == 0 && facts.st_size > 0;
    free(wal);
    return unread;
}

static struct db *try_read(const char *path, const char *name, int flags,
                           uint32_t application_id,
                           const struct db_migration *migrations, size_t n,
                           struct err *err)
{
    struct db_mark mark;
    struct db *db = db_connect(name, SQLITE_OPEN_READONLY | flags, err);
    if (!db)
        return NULL;
    free(db->path);
    db->path = xstrdup(path);
    if (is_ours(db, application_id, migrations, n, &mark, err)) {
        if (!mark.empty)
            return db;
        err_set(err, ERR_DISK, "%s: the database is empty", path);
    }
    close_untouched(db);
    return NULL;
}

struct db *db_open_read(const char *path, uint32_t application_id,
                        const struct db_migration *migrations, size_t n,
                        struct err *err)
{
    struct db *db = try_read(path, path, 0, application_id, migrations, n, err);
    char *dir = path_dir(path);
    // WAL wants files beside the database even to read it.
    bool sealed = access(dir, W_OK) != 0 && access(path, R_OK) == 0;
    free(dir);
    if (db || !sealed || has_unread_wal(path))
        return db;
    char *uri = immutable_uri(path);
    db = try_read(path, uri, SQLITE_OPEN_URI, application_id, migrations, n,
                  err);
    free(uri);
    return db;
}
