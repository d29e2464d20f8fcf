// Group commit: one transaction for everything that was asked while the last
// one went to disk.
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

struct job {
    struct job *next;
    bool (*job)(struct db *db, void *arg, struct err *err);
    void (*done)(void *arg, const struct err *err);
    void *arg;
    bool ok;
    struct err err; // when not ok
};

struct db_writer {
    struct loop *loop;
    struct db *db;
    struct job *queue, **end;
    struct job *batch; // in the pool, or being reported
    bool busy;
    struct loop_timer *slow; // runs while a batch is in the pool
    bool late;               // it has fired once
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

// What failed by itself keeps its own reason.
static void fail_all(struct job *job, const struct err *err)
{
    for (; job; job = job->next) {
        if (job->ok || job->err.kind == ERR_NONE)
            job->err = *err;
        job->ok = false;
    }
}

// False when the transaction itself is lost, with `err` saying why.
static bool run_one(struct db *db, struct job *job, struct err *err)
{
    if (!db_exec(db, "SAVEPOINT job", err))
        return false;
    job->ok = job->job(db, job->arg, &job->err);
    db_stmts_reset(db); // an unfinished read would hold an old snapshot
    // A full disk or a failing one may undo the whole transaction at once.
    if (sqlite3_get_autocommit(db->sql)) {
        if (job->err.kind != ERR_NONE)
            *err = job->err;
        else
            err_set(err, ERR_DISK, "%s: a transaction was lost", db->path);
        return false;
    }
    return db_exec(db, job->ok ? "RELEASE job" : "ROLLBACK TO job; RELEASE job",
                   err);
}

static bool run_batch(struct db *db, struct job *batch, struct err *err)
{
    if (!db_begin(db, err))
        return false;
    for (struct job *job = batch; job; job = job->next)
        if (!run_one(db, job, err))
            return false;
    CRASH_POINT("mid", "commit");
    return db_commit(db, err);
}

// In the pool.
static void work(void *arg)
{
    struct db_writer *writer = arg;
    struct err err = {0};
    if (run_batch(writer->db, writer->batch, &err))
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
            job->done(job->arg, job->ok ? NULL : &job->err);
        free(job);
    }
    writer->busy = false;
    start(writer);
}

static void start(struct db_writer *writer)
{
    if (writer->busy || !writer->queue)
        return;
    writer->batch = writer->queue;
    writer->queue = NULL;
    writer->end = &writer->queue;
    writer->busy = true;
    writer->late = false;
    loop_timer_start(writer->slow, SLOW_MS);
    loop_work(writer->loop, work, report, writer);
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
    return writer;
}

void db_write(struct db_writer *writer,
              bool (*job)(struct db *db, void *arg, struct err *err),
              void (*done)(void *arg, const struct err *err), void *arg)
{
    struct job *new = xcalloc(1, sizeof(*new));
    new->job = job;
    new->done = done;
    new->arg = arg;
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
    while (!db_writer_idle(writer))
        loop_once(writer->loop, true);
    loop_timer_free(writer->slow);
    db_close(writer->db);
    free(writer);
}
