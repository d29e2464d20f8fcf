#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/mem.h"
#include "db/db.h"

#define APP 0x9a7b3c11u

static const struct db_migration steps[] = {
    {"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, b BLOB) STRICT;"
     "INSERT INTO a (id, t) VALUES (1, 'first');"},
    {"CREATE TABLE c (id INTEGER PRIMARY KEY REFERENCES a) STRICT;"},
    {"ALTER TABLE a ADD COLUMN more INTEGER;"},
};

struct place {
    char dir[32];
    char path[64];
};

static int set_up(void **state)
{
    struct place *place = xcalloc(1, sizeof(*place));
    snprintf(place->dir, sizeof(place->dir), "/tmp/tarmac-test-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    snprintf(place->path, sizeof(place->path), "%s/l.db", place->dir);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    struct place *place = *state;
    for (size_t i = 0; i < 4; i++) {
        char *path = xasprintf("%s%s", place->path, tails[i]);
        unlink(path);
        free(path);
    }
    assert_int_equal(rmdir(place->dir), 0);
    free(place);
    return 0;
}

static struct db *open_at(const char *path, size_t n)
{
    struct err err = {0};
    struct db *db = db_open(path, APP, steps, n, &err);
    if (!db)
        fail_msg("%s", err.text);
    return db;
}

static void expect_refusal(const char *path, size_t n, const char *says)
{
    struct err err = {0};
    assert_null(db_open(path, APP, steps, n, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, path));
    if (!strstr(err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static int64_t count(struct db *db, const char *sql)
{
    struct err err = {0};
    struct db_stmt *s = db_stmt(db, sql);
    assert_int_equal(db_step(s, &err), DB_ROW);
    int64_t n = db_int(s, "n");
    db_reset(s);
    return n;
}

static void test_migrate(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct db *db = open_at(place->path, 1);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM a"), 1);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM sqlite_master"), 1);
    db_close(db);
    db = open_at(place->path, 3);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM a"), 1);
    assert_int_equal(count(db, "SELECT count(more) AS n FROM a"), 0);
    db_close(db);
    db = open_at(place->path, 3); // nothing to do
    db_close(db);
    expect_refusal(place->path, 2, "newer tarmac (version 3");
    db = db_open_read(place->path, APP, steps, 3, &err);
    assert_non_null(db);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM a"), 1);
    struct db_stmt *s = db_stmt(db, "DELETE FROM a");
    assert_false(db_run(s, &err));
    assert_int_equal(err.kind, ERR_DISK);
    db_close(db);
    assert_null(db_open_read(place->path, APP, steps, 2, &err));
    assert_non_null(strstr(err.text, "newer"));
}

static void test_a_failing_migration_leaves_the_last_version(void **state)
{
    struct place *place = *state;
    static const struct db_migration bad[] = {
        {"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, b BLOB) STRICT;"},
        {"CREATE TABLE half (x); INSERT INTO missing VALUES (1);"}};
    struct err err = {0};
    assert_null(db_open(place->path, APP, bad, 2, &err));
    assert_non_null(strstr(err.text, "missing"));
    struct db *db = open_at(place->path, 1);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM sqlite_master"), 1);
    db_close(db);
}

// One that says a table anew, here as a row has it: what it made is looked at
// before it is kept.
static void test_a_migration_that_makes_something_else(void **state)
{
    struct place *place = *state;
    static const struct db_migration anew[] = {
        {"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT) STRICT;"
         "INSERT INTO a (id, t) VALUES (1, 'first');"},
        {"CREATE TABLE c (x INTEGER) STRICT; PRAGMA writable_schema = ON;"
         "UPDATE sqlite_master SET sql = replace(sql, 'x',"
         " (SELECT t FROM a)) WHERE name = 'c';"
         "PRAGMA writable_schema = RESET;"}};
    struct err err = {0};
    struct db *db = db_open(place->path, APP, anew, 1, &err);
    assert_non_null(db);
    assert_true(db_run(db_stmt(db, "UPDATE a SET t = 'other'"), &err));
    db_close(db);
    assert_null(db_open(place->path, APP, anew, 2, &err));
    assert_non_null(strstr(err.text, "'c' is missing or was changed"));
    db = db_open(place->path, APP, anew, 1, &err); // as it was
    assert_non_null(db);
    assert_int_equal(count(db, "SELECT count(*) AS n FROM sqlite_master"), 1);
    assert_true(db_run(db_stmt(db, "UPDATE a SET t = 'first'"), &err));
    db_close(db);
    db = db_open(place->path, APP, anew, 2, &err);
    assert_non_null(db);
    assert_int_equal(count(db, "SELECT count(first) AS n FROM c"), 0);
    db_close(db);
}

static void put(const char *path, const void *bytes, size_t len)
{
    struct err err;
    assert_true(file_write(path, bytes, len, 0600, &err));
}

static void test_what_is_not_ours(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    char junk[4096];
    memset(junk, 'j', sizeof(junk));
    put(place->path, junk, sizeof(junk));
    expect_refusal(place->path, 3, "damaged");
    size_t len;
    char *after = file_read(place->path, 1 << 20, &len, &err);
    assert_int_equal(len, sizeof(junk)); // as it was
    assert_memory_equal(after, junk, len);
    free(after);
    unlink(place->path);

    struct db *other = db_open(place->path, 77, steps, 1, &err);
    assert_non_null(other);
    db_close(other);
    expect_refusal(place->path, 3, "another program");
    unlink(place->path);

    expect_refusal(place->dir, 3, place->dir); // a folder
    assert_null(db_open_read(place->path, APP, steps, 3, &err));
    assert_int_equal(access(place->path, F_OK), -1); // not made
    put(place->path, "", 0);
    assert_null(db_open_read(place->path, APP, steps, 3, &err));
    assert_non_null(strstr(err.text, "empty"));
    db_close(NULL);
}

// What `sql` leaves of a good file is refused, by writers and by readers.
static void expect_damaged_by(const struct place *place, const char *sql,
                              const char *says)
{
    struct err err = {0};
    db_close(open_at(place->path, 3));
    sqlite3 *raw = NULL;
    assert_int_equal(sqlite3_open(place->path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
    expect_refusal(place->path, 3, says);
    expect_refusal(place->path, 3, ".recover");
    assert_null(db_open_read(place->path, APP, steps, 3, &err));
    assert_non_null(strstr(err.text, says));
    unlink(place->path);
}

static void test_tables_that_are_not_ours(void **state)
{
    struct place *place = *state;
    expect_damaged_by(place, "DROP TABLE c", "'c' is missing or was changed");
    expect_damaged_by(place, "ALTER TABLE a ADD COLUMN other INTEGER",
                      "'a' is missing or was changed");
    expect_damaged_by(place,
                      "CREATE TRIGGER t AFTER INSERT ON a BEGIN"
                      " DELETE FROM a; END",
                      "triggers");
    expect_damaged_by(place, "CREATE VIEW v AS SELECT * FROM a", "views");
}

// What a log says that was left by another database is not written into ours.
static void test_a_foreign_log_changes_nothing(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    size_t len, log_len, after_len;
    db_close(open_at(place->path, 3));
    char *before = file_read(place->path, 1 << 20, &len, &err);
    char *other = xasprintf("%s/other.db", place->dir);
    char *other_log = xasprintf("%s-wal", other);
    char *log = xasprintf("%s-wal", place->path);
    struct db *db = db_open(other, 77, steps, 1, &err);
    assert_non_null(db);
    char *bytes = file_read(other_log, 1 << 20, &log_len, &err);
    put(log, bytes, log_len);
    db_close(db);
    expect_refusal(place->path, 3, "the -wal file");
    char *after = file_read(place->path, 1 << 20, &after_len, &err);
    assert_int_equal(after_len, len);
    assert_memory_equal(after, before, len);
    unlink(other);
    free(before);
    free(after);
    free(bytes);
    free(other);
    free(other_log);
    free(log);
}

static void fill(struct db *db, int rows)
{
    struct err err = {0};
    assert_true(db_begin(db, &err));
    for (int i = 0; i < rows; i++) {
        struct db_stmt *s = db_stmt(db, "INSERT INTO a (t) VALUES (:t)");
        db_bind_text(s, ":t", "some text that takes its place on a page");
        assert_true(db_run(s, &err));
    }
    assert_true(db_commit(db, &err));
}

static void test_damage_is_refused(void **state)
{
    struct place *place = *state;
    struct db *db = open_at(place->path, 3);
    fill(db, 1000);
    db_close(db);
    struct err err = {0};
    size_t len;
    char *whole = file_read(place->path, 1 << 24, &len, &err);
    assert_true(len > 20000);
    put(place->path, whole, len / 2); // cut
    expect_refusal(place->path, 3, "damaged");
    memset(whole + 3 * 4096, 0x5a, 4096); // a page overwritten
    put(place->path, whole, len);
    expect_refusal(place->path, 3, "damaged");
    free(whole);
}

static void test_statements(void **state)
{
    static const char insert[] =
        "INSERT INTO a (id, t, b, more) VALUES (:id, :t, :b, :more)";
    static const char select[] = "SELECT id, t, b, more FROM a WHERE id = :id";
    struct place *place = *state;
    struct err err = {0};
    struct db *db = open_at(place->path, 3);
    struct db_stmt *s = db_stmt(db, insert);
    db_bind_int(s, ":id", INT64_MAX);
    db_bind_text(s, ":t", "Zoë's \"lighthouse\"");
    db_bind_blob(s, ":b", "a\0b", 3);
    db_bind_null(s, ":more");
    assert_true(db_run(s, &err));
    assert_int_equal(db_changes(db), 1);
    assert_true(db_last_id(db) == INT64_MAX);
    assert_ptr_equal(db_stmt(db, insert), s); // prepared once, and cleared

    s = db_stmt(db, select);
    db_bind_int(s, ":id", INT64_MAX);
    assert_int_equal(db_step(s, &err), DB_ROW);
    assert_true(db_is_null(s, "more"));
    assert_int_equal(db_int(s, "more"), 0);
    assert_null(db_text(s, "more"));
    assert_string_equal(db_text(s, "t"), "Zoë's \"lighthouse\"");
    assert_true(db_int(s, "id") == INT64_MAX);
    size_t len;
    const void *blob = db_blob(s, "b", &len);
    assert_int_equal(len, 3);
    assert_memory_equal(blob, "a\0b", 3);
    assert_int_equal(db_step(s, &err), DB_DONE);

    s = db_stmt(db, insert); // text NULL, empty blob; the id is taken
    db_bind_int(s, ":id", 1);
    db_bind_text(s, ":t", NULL);
    db_bind_blob(s, ":b", NULL, 0);
    db_bind_null(s, ":more");
    assert_false(db_run(s, &err));
    assert_non_null(strstr(err.text, "UNIQUE"));
    s = db_stmt(db, "INSERT INTO c (id) VALUES (99)");
    assert_false(db_run(s, &err)); // foreign keys are on
    assert_non_null(strstr(err.text, "FOREIGN KEY"));

    assert_true(db_begin(db, &err));
    assert_true(db_run(db_stmt(db, "DELETE FROM a"), &err));
    db_rollback(db);
    db_rollback(db); // nothing to undo
    assert_int_equal(count(db, "SELECT count(*) AS n FROM a"), 2);
    db_close(db);
}

// --- defects end the process

// What a table of another hand keeps from being prepared says so each time.
static void test_a_schema_that_became_unreadable(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct db *db = open_at(place->path, 3);
    sqlite3 *raw = NULL;
    assert_int_equal(sqlite3_open(place->path, &raw), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(raw,
                     "PRAGMA writable_schema = ON; UPDATE sqlite_master"
                     " SET sql = 'CREATE TABLE c (' WHERE name = 'c';"
                     " PRAGMA schema_version = 1000",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(raw);
    assert_false(db_run(db_stmt(db, "DELETE FROM a"), &err));
    for (int i = 0; i < 2; i++) {
        struct db_stmt *s = db_stmt(db, "DELETE FROM a WHERE id = :id");
        db_bind_int(s, ":id", 1);
        db_bind_text(s, ":id", "x");
        err = (struct err){0};
        assert_false(db_run(s, &err));
        assert_non_null(strstr(err.text, "damaged"));
        db_reset(s);
    }
    db_close(db);
}

static void unknown_column(struct db *db)
{
    struct err err;
    struct db_stmt *s = db_stmt(db, "SELECT id FROM a");
    db_step(s, &err);
    db_int(s, "idd");
}

static void unknown_parameter(struct db *db)
{
    db_bind_int(db_stmt(db, "SELECT id FROM a WHERE id = :id"), "id", 1);
}

static void no_row(struct db *db)
{
    db_int(db_stmt(db, "SELECT id FROM a"), "id");
}

static void wrong_sql(struct db *db)
{
    db_stmt(db, "SELEC id FROM a");
}

static void double_quotes(struct db *db)
{
    db_stmt(db, "SELECT \"text\" FROM a");
}

static void expect_abort(const char *path, void (*fn)(struct db *db),
                         const char *says)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        struct err err;
        struct db *db = db_open(path, APP, steps, 3, &err);
        if (db)
            fn(db);
        _exit(0);
    }
    close(ends[1]);
    char text[4096] = {0};
    size_t len = 0;
    ssize_t n;
    while ((n = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0)
        len += (size_t)n;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "defect"));
    if (!strstr(text, says))
        fail_msg("\"%s\" does not say \"%s\"", text, says);
}

static void test_defects(void **state)
{
    struct place *place = *state;
    db_close(open_at(place->path, 3));
    expect_abort(place->path, unknown_column, "no column idd");
    expect_abort(place->path, unknown_parameter, "no parameter id");
    expect_abort(place->path, no_row, "no row");
    expect_abort(place->path, wrong_sql, "SELEC");
    expect_abort(place->path, double_quotes, "no such column");
}

// --- several processes

// Open, which migrates, and add `rows` rows; exit 0 when all went well.
static pid_t start_process(const char *path, int rows)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct err err;
    struct db *db = db_open(path, APP, steps, 3, &err);
    bool ok = db != NULL;
    for (int i = 0; ok && i < rows; i++) {
        ok = db_begin(db, &err) &&
             db_run(db_stmt(db, "INSERT INTO a (t) VALUES ('x')"), &err) &&
             db_commit(db, &err);
    }
    if (!ok)
        fprintf(stderr, "%s\n", err.text);
    db_close(db);
    _exit(ok ? 0 : 1);
}

static void test_processes_open_and_write_at_once(void **state)
{
    struct place *place = *state;
    for (int round = 0; round < 5; round++) {
        pid_t pids[6];
        for (int i = 0; i < 6; i++)
            pids[i] = start_process(place->path, 20);
        for (int i = 0; i < 6; i++) {
            int status;
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_int_equal(status, 0);
        }
        struct db *db = open_at(place->path, 3);
        assert_int_equal(count(db, "SELECT count(*) AS n FROM a"), 1 + 6 * 20);
        db_close(db);
        unlink(place->path);
    }
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_migrate),
        CASE(test_a_failing_migration_leaves_the_last_version),
        CASE(test_a_migration_that_makes_something_else),
        CASE(test_what_is_not_ours),
        CASE(test_tables_that_are_not_ours),
        CASE(test_a_foreign_log_changes_nothing),
        CASE(test_damage_is_refused),
        CASE(test_statements),
        CASE(test_a_schema_that_became_unreadable),
        CASE(test_defects),
        CASE(test_processes_open_and_write_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
