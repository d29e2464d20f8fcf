// Group commit: one transaction for everything that was asked while the last
// one went to disk, and for what may wait for company.
//
// The loop's thread owns the queue; a batch in the pool is its thread's alone,
// until loop_work()'s `done` brings it back.

#include <stdlib.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/internal.h"

#define SLOW_MS 2000 // somebody is waiting, and should know why
#define LATE_MS 100

// Many are written: as many as CROWD jobs within CROWD_MS. Then a commit for
// each would cost more than it takes for the next one to come.
#define CROWD 32
#define CROWD_MS 50
#define NOW_MS 2
#define SOON_MS 4
#define LATER_MS 20

struct job {
    struct job *next;
    bool (*job)(struct db *db, void *arg, struct err *err);
    void (*done)(void *arg, const struct err *err);
    void *arg;
    bool ok;
    struct err *err; // owned, when not ok: seldom, and large
};

struct db_writer {
    struct loop *loop;
    struct db *db;
    struct job *queue, **end;
    struct job *batch; // in the pool, or being reported
    bool busy;
    struct loop_timer *slow;  // runs while a batch is in the pool
    bool late;                // it has fired once
    struct loop_timer *begin; // runs while all that is queued may wait
    int64_t due_ms;           // when it fires
    bool now;                 // something queued may not wait
    int64_t came_ms[CROWD];   // the last jobs, a ring
    size_t came;
};

// The first time it may be the loop that was late: a batch that has ended
// meanwhile is reported only after its timers.
static void on_slow(void *arg)
{
    struct db_writer *writer = arg;
    if (!writer->late) {
        writer->late = true;
        loop_timer_start(writer->slow, LATE_MS);
        return;
    }
    log_info("waiting for %s: another process keeps it locked, or the disk is "
             "slow",
             writer->db->path);
}

static void fail(struct job *job, const struct err *err)
{
    job->ok = false;
    if (!job->err)
        job->err = xmalloc(sizeof(*job->err));
    *job->err = *err;
}

static bool has_reason(const struct job *job)
{
    return !job->ok && job->err && job->err->kind != ERR_NONE;
}

// What failed by itself keeps its own reason.
static void fail_all(struct job *job, const struct err *err)
{
    for (; job; job = job->next)
        if (!has_reason(job))
            fail(job, err);
}

// False when the transaction itself is lost, with `err` saying why.
static bool is_whole(struct db *db, const struct job *job, struct err *err)
{
    // A full disk or a failing one may undo the whole transaction at once.
    if (!sqlite3_get_autocommit(db->sql))
        return true;
    if (has_reason(job))
        *err = *job->err;
    else
        err_set(err, ERR_DISK, "%s: a transaction was lost", db->path);
    return false;
}

static void run_job(struct db *db, struct job *job)
{
    struct err err;
    err.kind = ERR_NONE;
    err.text[0] = '\0';
    job->ok = job->job(db, job->arg, &err);
    if (!job->ok)
        fail(job, &err);
    db_stmts_reset(db); // an unfinished read would hold an old snapshot
}

// In a savepoint, so that it can be undone alone.
static bool run_apart(struct db *db, struct job *job, struct err *err)
{
    if (!db_run(db_stmt(db, "SAVEPOINT job"), err))
        return false;
    run_job(db, job);
    return is_whole(db, job, err) &&
           (job->ok || db_run(db_stmt(db, "ROLLBACK TO job"), err)) &&
           db_run(db_stmt(db, "RELEASE job"), err);
}

// Without one, which costs as much as a small job does. *apart: it failed after
// it had changed something.
static bool run_plain(struct db *db, struct job *job, bool *apart,
                      struct err *err)
{
    int64_t before = sqlite3_total_changes64(db->sql);
    run_job(db, job);
    if (!is_whole(db, job, err))
        return false;
    *apart = !job->ok && sqlite3_total_changes64(db->sql) != before;
    return !*apart;
}

// *apart NULL: each in a savepoint. Else none is, and where one must be undone
// alone it says so, and all are.
static bool run_batch(struct db *db, struct job *batch, bool *apart,
                      struct err *err)
{
    if (!db_begin(db, err))
        return false;
    for (struct job *job = batch; job; job = job->next) {
        bool ok =
            apart ? run_plain(db, job, apart, err) : run_apart(db, job, err);
        if (!ok)
            return false;
    }
    CRASH_POINT("mid", "commit");
    return db_commit(db, err);
}

// In the pool.
static void work(void *arg)
{
    struct db_writer *writer = arg;
    struct err err = {0};
    bool apart = false;
    bool ok = run_batch(writer->db, writer->batch, &apart, &err);
    if (apart) {
        db_rollback(writer->db);
        ok = run_batch(writer->db, writer->batch, NULL, &err);
    }
    if (ok)
        return;
    db_rollback(writer->db);
    fail_all(writer->batch, &err);
}

static void start(struct db_writer *writer);

// On the loop.
static void report(void *arg)
{
    struct db_writer *writer = arg;
    loop_timer_stop(writer->slow);
    while (writer->batch) {
        struct job *job = writer->batch;
        writer->batch = job->next;
        if (job->done)
            job->done(job->arg, job->ok ? NULL : job->err);
        free(job->err);
        free(job);
    }
    writer->busy = false;
    start(writer);
}

static void start(struct db_writer *writer)
{
    if (writer->busy || !writer->queue || !writer->now)
        return;
    loop_timer_stop(writer->begin);
    writer->now = false;
    writer->batch = writer->queue;
    writer->queue = NULL;
    writer->end = &writer->queue;
    writer->busy = true;
    writer->late = false;
    loop_timer_start(writer->slow, SLOW_MS);
    loop_work(writer->loop, work, report, writer);
}

static void on_begin(void *arg)
{
    struct db_writer *writer = arg;
    writer->now = true;
    start(writer);
}

struct db_writer *db_writer_new(struct loop *loop, const char *path,
                                uint32_t application_id, size_t version,
                                struct err *err)
{
    struct db_mark mark = {0};
    struct db *db = db_connect(path, SQLITE_OPEN_READWRITE, err);
    if (!db)
        return NULL;
    bool ok = db_read_mark(db, application_id, version, &mark, err);
    if (ok && (uint64_t)mark.version != version)
        ok = err_set(err, ERR_DISK, "%s: has version %lld, expected %zu", path,
                     (long long)mark.version, version);
    if (!ok || !db_prepare(db, err)) {
        db_close(db);
        return NULL;
    }
    struct db_writer *writer = xcalloc(1, sizeof(*writer));
    writer->loop = loop;
    writer->db = db;
    writer->end = &writer->queue;
    writer->slow = loop_timer_new(loop, on_slow, writer);
    writer->begin = loop_timer_new(loop, on_begin, writer);
    for (size_t i = 0; i < CROWD; i++)
        writer->came_ms[i] = INT64_MIN / 2; // long ago
    return writer;
}

static int64_t now_ms(const struct db_writer *writer)
{
    return clock_mono_ms(loop_clock(writer->loop));
}

// How long one that just came may wait for others.
static int64_t may_wait(struct db_writer *writer, enum db_when when)
{
    int64_t now = now_ms(writer);
    int64_t *oldest = &writer->came_ms[writer->came++ % CROWD];
    bool crowd = now - *oldest <= CROWD_MS;
    *oldest = now;
    switch (when) {
    case DB_NOW:
        return crowd ? NOW_MS : 0;
    case DB_SOON:
        return crowd ? SOON_MS : 0;
    case DB_LATER:
        return LATER_MS;
    }
    return 0;
}

static void wait_at_most(struct db_writer *writer, bool first, int64_t ms)
{
    int64_t due = now_ms(writer) + ms;
    if (ms == 0) {
        writer->now = true;
    } else if (first || due < writer->due_ms) {
        writer->due_ms = due;
        loop_timer_start(writer->begin, ms);
    }
}

void db_write(struct db_writer *writer,
              bool (*job)(struct db *db, void *arg, struct err *err),
              void (*done)(void *arg, const struct err *err), void *arg)
{
    db_write_when(writer, DB_NOW, job, done, arg);
}

void db_write_when(struct db_writer *writer, enum db_when when,
                   bool (*job)(struct db *db, void *arg, struct err *err),
                   void (*done)(void *arg, const struct err *err), void *arg)
{
    struct job *new = xcalloc(1, sizeof(*new));
    new->job = job;
    new->done = done;
    new->arg = arg;
    wait_at_most(writer, !writer->queue, may_wait(writer, when));
    *writer->end = new;
    writer->end = &new->next;
    start(writer);
}

bool db_writer_idle(const struct db_writer *writer)
{
    return !writer->busy && !writer->queue;
}

void db_writer_free(struct db_writer *writer)
{
    if (!writer)
        return;
    while (!db_writer_idle(writer)) {
        on_begin(writer);
        loop_once(writer->loop, true);
    }
    loop_timer_free(writer->slow);
    loop_timer_free(writer->begin);
    db_close(writer->db);
    free(writer);
}
