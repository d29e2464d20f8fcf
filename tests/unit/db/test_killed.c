// A kill in the middle of a migration leaves what was there before it.

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../scratch.h"
#include "base/path.h"
#include "db/db.h"

#define APP 0x9a7b3c11u

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kill_in_a_migration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
