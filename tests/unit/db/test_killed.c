// A kill in the middle of a migration leaves what was there before it; a power
// cut in the making of a new database, one that is still new.

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/path.h"
#include "db/db.h"

#define APP 0x9a7b3c11u
#define SYNCHRONOUS "SELECT synchronous AS n FROM pragma_synchronous"
#define FULL 2

static const struct db_migration good[] = {
    {"CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT; INSERT INTO a VALUES "
     "(1);"},
    {"ALTER TABLE a ADD COLUMN more INTEGER;"},
};
// The second has so much to do that it is killed before its end.
static const struct db_migration endless[] = {
    {"CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT; INSERT INTO a VALUES "
     "(1);"},
    {"ALTER TABLE a ADD COLUMN more INTEGER;"
     "CREATE TABLE half (x);"
     "INSERT INTO half WITH RECURSIVE n(x) AS"
     " (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 2000000000)"
     " SELECT count(*) FROM n;"},
};

static pid_t migrate_in_a_child(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        struct err err;
        db_open(path, APP, endless, 2, &err);
        _exit(0); // it came to its end, which the parent sees
    }
    assert_true(child > 0);
    return child;
}

// Until another process writes: until we may not.
static void await_writer(const char *path)
{
    sqlite3 *sql;
    assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
    while (sqlite3_exec(sql, "BEGIN IMMEDIATE", NULL, NULL, NULL) ==
           SQLITE_OK) {
        sqlite3_exec(sql, "ROLLBACK", NULL, NULL, NULL);
        sqlite3_sleep(1);
    }
    sqlite3_close(sql);
}

static int64_t ask(struct db *db, const char *sql)
{
    struct err err;
    int64_t n = -1;
    struct db_stmt *s = db_stmt(db, sql);
    assert_int_equal(db_step(s, &err), DB_ROW);
    n = db_int(s, "n");
    db_reset(s);
    return n;
}

static void test_a_kill_in_a_migration(void **state)
{
    (void)state;
    char dir[] = "/tmp/tarmac-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *path = path_join(dir, "l.db");
    struct err err;
    struct db *db = db_open(path, APP, good, 1, &err);
    assert_non_null(db);
    db_close(db);
    pid_t child = migrate_in_a_child(path);
    await_writer(path);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    db = db_open(path, APP, good, 1, &err); // a newer one would be refused
    assert_non_null(db);
    assert_int_equal(ask(db, "SELECT count(*) AS n FROM sqlite_master"), 1);
    db_close(db);
    db = db_open(path, APP, good, 2, &err);
    assert_non_null(db);
    assert_int_equal(ask(db, "SELECT count(*) AS n FROM a"), 1);
    db_close(db);
    free(path);
    assert_int_equal(scratch_remove(dir), 0);
}

// A power cut takes all of a log, or its end, while a database is new.
static void expect_new(const char *dir, const void *page, size_t len,
                       const void *log, size_t log_len)
{
    struct err err;
    char *cut = path_join(dir, "cut.db"),
         *cut_log = path_join(dir, "cut.db-wal");
    assert_true(file_write(cut, page, len, 0600, &err));
    if (log_len > 0)
        assert_true(file_write(cut_log, log, log_len, 0600, &err));
    struct db *db = db_open(cut, APP, good, 2, &err);
    if (!db)
        fail_msg("%s", err.text);
    assert_int_equal(ask(db, "SELECT count(*) AS n FROM a"), 1);
    assert_int_equal(ask(db, SYNCHRONOUS), FULL);
    db_close(db);
    unlink(cut);
    free(cut);
    free(cut_log);
}

static void test_a_power_cut_while_it_is_new(void **state)
{
    (void)state;
    char dir[] = "/tmp/tarmac-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct err err;
    size_t len, log_len;
    char *path = path_join(dir, "l.db"), *log_path = path_join(dir, "l.db-wal");
    struct db *db = db_open(path, APP, good, 2, &err);
    assert_non_null(db);
    assert_int_equal(ask(db, SYNCHRONOUS), FULL);
    char *page = file_read(path, 1 << 20, &len, &err);
    char *log = file_read(log_path, 1 << 20, &log_len, &err);
    assert_int_equal(len, 4096); // what is waited for; all else is in the log
    assert_true(log_len > 2 * len);
    for (size_t kept = 0; kept < log_len; kept += 1021)
        expect_new(dir, page, len, log, kept);
    expect_new(dir, page, len, log, log_len);
    expect_new(dir, "", 0, "", 0);
    db_close(db);
    free(page);
    free(log);
    free(log_path);
    free(path);
    assert_int_equal(scratch_remove(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_in_a_migration),
        cmocka_unit_test(test_a_power_cut_while_it_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
