#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "db/db.h"

#define APP 0x9a7b3c11u

static const struct db_migration steps[] = {
    {"CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT) STRICT;"},
    {"CREATE TABLE b (id INTEGER PRIMARY KEY) STRICT;"},
};

struct bench {
    char dir[32];
    char path[64];
    struct loop *loop;
    struct db *db; // for reading
    struct db_writer *writer;
    int next; // done callbacks so far
    atomic_bool hold;
};

static int set_up(void **state)
{
    struct bench *bench = xcalloc(1, sizeof(*bench));
    snprintf(bench->dir, sizeof(bench->dir), "/tmp/tarmac-test-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof(bench->path), "%s/l.db", bench->dir);
    struct err err = {0};
    bench->loop = loop_new();
    bench->db = db_open(bench->path, APP, steps, 2, &err);
    assert_non_null(bench->db);
    bench->writer = db_writer_new(bench->loop, bench->path, APP, 2, &err);
    if (!bench->writer)
        fail_msg("%s", err.text);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    struct bench *bench = *state;
    db_writer_free(bench->writer);
    db_close(bench->db);
    loop_free(bench->loop);
    for (size_t i = 0; i < 3; i++) {
        char *path = xasprintf("%s%s", bench->path, tails[i]);
        unlink(path);
        free(path);
    }
    assert_int_equal(rmdir(bench->dir), 0);
    free(bench);
    return 0;
}

static int64_t count(struct bench *bench)
{
    struct err err = {0};
    struct db_stmt *s = db_stmt(bench->db, "SELECT count(*) AS n FROM a");
    assert_int_equal(db_step(s, &err), DB_ROW);
    int64_t n = db_int(s, "n");
    db_reset(s);
    return n;
}

struct row {
    struct bench *bench;
    int id;
    bool refuse; // after writing
    bool hold;   // until bench->hold is false
    bool again;  // another write from `done`
    int order;   // in which `done` came, from 1
    bool failed;
    char text[ERR_TEXT_MAX];
};

static bool insert(struct db *db, void *arg, struct err *err)
{
    struct row *row = arg;
    while (row->hold && atomic_load(&row->bench->hold))
        usleep(1000);
    struct db_stmt *s = db_stmt(db, "INSERT INTO a (id, t) VALUES (:id, 't')");
    db_bind_int(s, ":id", row->id);
    if (!db_run(s, err))
        return false;
    if (row->refuse)
        return err_set(err, ERR_DEFECT, "row %d refused", row->id);
    // An unfinished read must not harm what comes next.
    return db_step(db_stmt(db, "SELECT id FROM a"), err) == DB_ROW;
}

static void on_done(void *arg, const struct err *err)
{
    struct row *row = arg;
    row->order = ++row->bench->next;
    row->failed = err != NULL;
    if (err)
        snprintf(row->text, sizeof(row->text), "%s", err->text);
    if (row->again) {
        row->again = false;
        row->id += 1000;
        db_write(row->bench->writer, insert, on_done, row);
    }
}

static void settle(struct bench *bench)
{
    while (!db_writer_idle(bench->writer))
        loop_once(bench->loop, true);
}

static void test_done_means_on_disk(void **state)
{
    struct bench *bench = *state;
    assert_true(db_writer_idle(bench->writer));
    struct row row = {.bench = bench, .id = 1, .again = true};
    db_write(bench->writer, insert, on_done, &row);
    assert_false(db_writer_idle(bench->writer));
    assert_int_equal(row.order, 0); // never at once
    while (row.order == 0)
        loop_once(bench->loop, true);
    assert_true(count(bench) >= 1);
    settle(bench);
    assert_int_equal(row.order, 2);
    assert_false(row.failed);
    assert_int_equal(count(bench), 2);
}

// Rows 2.. come while row 1 is held in the pool: they are one group.
static void queue_group(struct bench *bench, struct row *rows, int n)
{
    atomic_store(&bench->hold, true);
    for (int i = 0; i < n; i++) {
        rows[i].bench = bench;
        rows[i].hold = i == 0;
        if (rows[i].id == 0)
            rows[i].id = i + 1;
        db_write(bench->writer, insert, on_done, &rows[i]);
    }
    atomic_store(&bench->hold, false);
}

static void test_a_failing_job_is_undone_alone(void **state)
{
    struct bench *bench = *state;
    struct row rows[10] = {0};
    rows[3].refuse = true;
    rows[5].id = 1; // taken
    queue_group(bench, rows, 10);
    settle(bench);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(rows[i].order, i + 1);
        assert_int_equal(rows[i].failed, i == 3 || i == 5);
    }
    assert_string_equal(rows[3].text, "row 4 refused");
    assert_non_null(strstr(rows[5].text, "UNIQUE"));
    assert_int_equal(count(bench), 8);
}

static void test_free_finishes_what_is_queued(void **state)
{
    struct bench *bench = *state;
    struct row rows[50] = {0};
    queue_group(bench, rows, 50);
    db_write(bench->writer, insert, NULL,
             &(struct row){.bench = bench, .id = 500});
    db_writer_free(bench->writer);
    bench->writer = NULL;
    assert_int_equal(bench->next, 50);
    assert_int_equal(count(bench), 51);
}

struct pair {
    struct row first, second;
    int64_t seen; // rows on disk when the first one was done
};

static void on_first(void *arg, const struct err *err)
{
    struct pair *pair = arg;
    assert_null(err);
    pair->seen = count(pair->first.bench);
}

// Two jobs at once, of which the first may wait; how many rows there are when
// it is done.
static int64_t write_pair(struct bench *bench, enum db_when when, int id)
{
    struct pair pair = {.first = {.bench = bench, .id = id},
                        .second = {.bench = bench, .id = id + 1}};
    int64_t before = count(bench);
    db_write_when(bench->writer, when, insert, on_first, &pair);
    db_write(bench->writer, insert, NULL, &pair.second);
    settle(bench);
    return pair.seen - before;
}

static void test_what_may_wait_goes_with_the_next(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(write_pair(bench, DB_NOW, 1), 1);
    assert_int_equal(write_pair(bench, DB_SOON, 3), 1); // nobody else is there
    assert_int_equal(write_pair(bench, DB_LATER, 5), 2);
    struct row alone = {.bench = bench, .id = 7};
    db_write_when(bench->writer, DB_LATER, insert, on_done, &alone);
    settle(bench);
    assert_int_equal(alone.order, 1);
    assert_int_equal(count(bench), 7);
}

static void crowd_goes_together(struct bench *bench, enum db_when when)
{
    int64_t seen = 1;
    // A busy machine may take too long over one crowd.
    for (int try = 0; try < 100 && seen == 1; try++) {
        struct row rows[40] = {0};
        for (int i = 0; i < 40; i++)
            rows[i].id = 100 * try + i + 1;
        queue_group(bench, rows, 40);
        settle(bench);
        seen = write_pair(bench, when, 100 * try + 50);
    }
    assert_int_equal(seen, 2);
}

static void test_a_crowd_goes_together(void **state)
{
    crowd_goes_together(*state, DB_SOON);
}

static void test_a_crowd_waits_even_now(void **state)
{
    crowd_goes_together(*state, DB_NOW);
}

static bool lose_all(struct db *db, void *arg, struct err *err)
{
    (void)arg;
    // What SQLite does by itself when the disk is full.
    struct db_stmt *s =
        db_stmt(db, "INSERT OR ROLLBACK INTO a (id) VALUES (1)");
    return db_run(s, err);
}

static void test_a_lost_transaction_fails_the_group(void **state)
{
    struct bench *bench = *state;
    struct row rows[4] = {0};
    struct row lost = {.bench = bench};
    queue_group(bench, rows, 1);
    settle(bench);
    assert_int_equal(count(bench), 1);
    memset(rows, 0, sizeof(rows));
    for (int i = 0; i < 4; i++)
        rows[i].id = i + 10;
    rows[1].refuse = true;
    atomic_store(&bench->hold, true);
    for (int i = 0; i < 4; i++) {
        rows[i].bench = bench;
        rows[i].hold = i == 0;
    }
    db_write(bench->writer, insert, on_done, &rows[0]); // a group of its own
    for (int i = 1; i < 4; i++) {
        if (i == 3)
            db_write(bench->writer, lose_all, on_done, &lost);
        db_write(bench->writer, insert, on_done, &rows[i]);
    }
    atomic_store(&bench->hold, false);
    settle(bench);
    assert_false(rows[0].failed);
    assert_string_equal(rows[1].text, "row 11 refused");
    assert_true(lost.failed && rows[2].failed && rows[3].failed);
    assert_non_null(strstr(rows[2].text, "UNIQUE"));
    assert_non_null(strstr(rows[3].text, "UNIQUE"));
    assert_int_equal(count(bench), 2);
    struct row after = {.bench = bench, .id = 20}; // it goes on
    db_write(bench->writer, insert, on_done, &after);
    settle(bench);
    assert_false(after.failed);
}

static bool refuse_then_lose_all(struct db *db, void *arg, struct err *err)
{
    struct row *row = arg;
    if (row->id++ == 0)
        return err_set(err, ERR_DEFECT, "refused at first");
    return db_run(db_stmt(db, "ROLLBACK"), err);
}

static void test_a_reason_is_of_the_last_try(void **state)
{
    struct bench *bench = *state;
    struct row first = {.bench = bench, .id = 10, .hold = true};
    struct row lost = {.bench = bench};
    struct row apart = {.bench = bench, .id = 11, .refuse = true};
    atomic_store(&bench->hold, true);
    db_write(bench->writer, insert, on_done, &first); // a group of its own
    db_write(bench->writer, refuse_then_lose_all, on_done, &lost);
    db_write(bench->writer, insert, on_done, &apart);
    atomic_store(&bench->hold, false);
    settle(bench);
    assert_int_equal(lost.id, 2);
    assert_true(!first.failed && lost.failed && apart.failed);
    assert_non_null(strstr(lost.text, "a transaction was lost"));
}

static bool insert_much(struct db *db, void *arg, struct err *err)
{
    (void)arg;
    return db_run(db_stmt(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                              "SELECT i + 1 FROM n WHERE i < 20000) "
                              "INSERT INTO a (t) SELECT hex(zeroblob(100)) "
                              "FROM n"),
                  err);
}

// A file that may not grow stands for a full disk.
static void test_a_full_disk(void **state)
{
    struct bench *bench = *state;
    struct rlimit before, small = {200000, 0};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct row row = {.bench = bench}, next = {.bench = bench, .id = 5};
    atomic_store(&bench->hold, true);
    struct row held = {.bench = bench, .id = 1, .hold = true};
    db_write(bench->writer, insert, on_done, &held);
    db_write(bench->writer, insert, on_done, &next);
    db_write(bench->writer, insert_much, on_done, &row);
    atomic_store(&bench->hold, false);
    settle(bench);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(held.failed);
    assert_true(row.failed);
    assert_non_null(strstr(row.text, bench->path));
    assert_int_equal(count(bench), next.failed ? 1 : 2);
}

static void test_what_a_writer_refuses(void **state)
{
    struct bench *bench = *state;
    struct err err = {0};
    assert_null(db_writer_new(bench->loop, bench->path, APP, 1, &err));
    assert_non_null(strstr(err.text, "newer"));
    assert_null(db_writer_new(bench->loop, bench->path, APP, 3, &err));
    assert_non_null(strstr(err.text, "version 2, expected 3"));
    assert_null(db_writer_new(bench->loop, bench->path, 1, 2, &err));
    assert_non_null(strstr(err.text, "another program"));
    assert_null(db_writer_new(bench->loop, "/nonexistent/l.db", APP, 2, &err));
    assert_int_equal(err.kind, ERR_DISK);
    db_writer_free(NULL);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_done_means_on_disk),
        CASE(test_a_failing_job_is_undone_alone),
        CASE(test_free_finishes_what_is_queued),
        CASE(test_what_may_wait_goes_with_the_next),
        CASE(test_a_crowd_goes_together),
        CASE(test_a_crowd_waits_even_now),
        CASE(test_a_lost_transaction_fails_the_group),
        CASE(test_a_reason_is_of_the_last_try),
        CASE(test_a_full_disk),
        CASE(test_what_a_writer_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
