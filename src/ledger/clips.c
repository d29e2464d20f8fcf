#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "ledger/internal.h"

struct deliver_write {
    struct write w;
    int64_t attempt;
    struct clip_row *clips;
    size_t n;
    int64_t now_ms;
    bool all_new;
    ledger_delivered *done;
    void *arg;
};

// A clip that is fetched again, because its file was lost, keeps its id, and
// with it the outputs that were made of it. Its seconds are then as they are
// read: SQLite tells fifteen digits, and rounds them in its own way.
static bool add_clip(struct db *db, struct deliver_write *job,
                     struct clip_row *clip, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO clips(attempt, n, sha256, ext, size, seconds, width,"
            " height, delivered_ms)"
            " VALUES(:attempt, :n, :sha256, :ext, :size, :seconds, :width,"
            " :height, :now)"
            " ON CONFLICT(attempt, n) DO UPDATE SET sha256 = excluded.sha256,"
            "  ext = excluded.ext, size = excluded.size,"
            "  seconds = excluded.seconds, width = excluded.width,"
            "  height = excluded.height, delivered_ms = excluded.delivered_ms"
            " RETURNING seconds");
    char seconds[NUMBER_TEXT];
    number_text(clip->seconds, seconds);
    db_bind_int(s, ":attempt", job->attempt);
    db_bind_int(s, ":n", clip->n);
    db_bind_text(s, ":sha256", clip->sha256);
    db_bind_text(s, ":ext", clip->ext);
    db_bind_int(s, ":size", clip->size);
    db_bind_text(s, ":seconds", seconds);
    db_bind_int(s, ":width", clip->width);
    db_bind_int(s, ":height", clip->height);
    db_bind_int(s, ":now", job->now_ms);
    db_forget_last_id(db);
    if (db_step(s, err) != DB_ROW)
        return false;
    clip->seconds = strtod(db_text(s, "seconds"), NULL);
    if (!db_run(s, err))
        return false;
    clip->id = db_last_id(db);
    job->all_new = job->all_new && clip->id != 0;
    return true;
}

static bool deliver(struct db *db, void *arg, struct err *err)
{
    struct deliver_write *job = arg;
    job->all_new = true;
    if (job->n == 0)
        return err_set(err, ERR_DEFECT, "attempt %lld is delivered as no clip",
                       (long long)job->attempt);
    struct db_stmt *s =
        db_stmt(db, "UPDATE attempts SET state = 'delivered', ended_ms = :now"
                    " WHERE id = :id AND state = 'fetching'");
    db_bind_int(s, ":id", job->attempt);
    db_bind_int(s, ":now", job->now_ms);
    if (!db_run(s, err))
        return false;
    if (db_changes(db) == 0)
        return move_refused(db, job->attempt,
                            attempt_state_name(ATTEMPT_FETCHING), err);
    for (size_t i = 0; i < job->n; i++) {
        if (!add_clip(db, job, &job->clips[i], err))
            return false;
    }
    return true;
}

static void on_delivered(void *arg, const struct err *err)
{
    struct deliver_write *job = arg;
    if (job->done)
        job->done(job->arg, err, !err && job->all_new ? job->clips : NULL);
    free(job->clips);
}

void ledger_deliver(struct ledger *l, int64_t attempt,
                    const struct clip_row *clips, size_t n, int64_t now_ms,
                    ledger_delivered *done, void *arg)
{
    struct deliver_write *job = xcalloc(1, sizeof(*job));
    job->attempt = attempt;
    job->clips = xreallocarray(NULL, n ? n : 1, sizeof(*clips));
    if (n)
        memcpy(job->clips, clips, n * sizeof(*clips));
    job->n = n;
    job->now_ms = now_ms;
    job->done = done;
    job->arg = arg;
    job->w.done = on_delivered;
    job->w.arg = job;
    write_queue(l, DB_SOON, deliver, &job->w);
}
