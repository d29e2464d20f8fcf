#include "gateway/tasks_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// `request` stands last, so that reading a row's facts does not walk over an
// image of megabytes.
const struct db_migration tasks_db_migrations[TASKS_DB_VERSION] = {
    {"CREATE TABLE tasks("
     " id TEXT PRIMARY KEY NOT NULL,"
     " created_ms INTEGER NOT NULL,"
     " updated_ms INTEGER NOT NULL,"
     " status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),"
     " seconds INTEGER NOT NULL,"
     " host TEXT NOT NULL,"
     " callback_url TEXT,"
     // 0: owed; 1: delivered; 2: given up, or never owed
     " callback_done INTEGER NOT NULL CHECK (callback_done BETWEEN 0 AND 2),"
     " msg TEXT,"
     " prompt TEXT NOT NULL,"
     " request TEXT NOT NULL"
     ") STRICT;"
     "CREATE INDEX tasks_status ON tasks(status);"
     "CREATE INDEX tasks_owed ON tasks(callback_done)"
     " WHERE callback_done = 0;"},
};

struct db *tasks_db_open(const char *path, struct err *err)
{
    return db_open(path, TASKS_DB_ID, tasks_db_migrations, TASKS_DB_VERSION,
                   err);
}

bool tasks_db_insert(struct db *db, const struct task *t, const char *request,
                     struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO tasks(id, created_ms, updated_ms, status, seconds,"
            " host, callback_url, callback_done, msg, prompt, request)"
            " VALUES(:id, :created, :updated, :status, :seconds, :host,"
            " :callback, :done, :msg, :prompt, :request)");
    db_bind_text(s, ":id", t->id);
    db_bind_int(s, ":created", t->created_ms);
    db_bind_int(s, ":updated", t->updated_ms);
    db_bind_int(s, ":status", (int64_t)t->state);
    db_bind_int(s, ":seconds", t->seconds);
    db_bind_text(s, ":host", t->host);
    db_bind_text(s, ":callback", t->callback_url);
    db_bind_int(s, ":done", (int64_t)t->callback);
    db_bind_text(s, ":msg", t->msg);
    db_bind_text(s, ":prompt", t->prompt);
    db_bind_text(s, ":request", request);
    return db_run(s, err);
}

bool tasks_db_state(struct db *db, const char *id, enum task_state state,
                    const char *msg, int64_t updated_ms, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "UPDATE tasks SET status = :status, msg = :msg,"
                    " updated_ms = :updated WHERE id = :id");
    db_bind_int(s, ":status", (int64_t)state);
    db_bind_text(s, ":msg", msg);
    db_bind_int(s, ":updated", updated_ms);
    db_bind_text(s, ":id", id);
    return db_run(s, err);
}

bool tasks_db_callback(struct db *db, const char *id, enum task_callback done,
                       struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "UPDATE tasks SET callback_done = :done WHERE id = :id");
    db_bind_int(s, ":done", (int64_t)done);
    db_bind_text(s, ":id", id);
    return db_run(s, err);
}

static void read_row(struct db_stmt *s, struct task *out)
{
    *out = (struct task){
        .state = (enum task_state)db_int(s, "status"),
        .seconds = (int)db_int(s, "seconds"),
        .callback = (enum task_callback)db_int(s, "callback_done"),
        .created_ms = db_int(s, "created_ms"),
        .updated_ms = db_int(s, "updated_ms"),
        .host = xstrdup(db_text(s, "host")),
        .callback_url = xstrdup(db_text(s, "callback_url")),
        .msg = xstrdup(db_text(s, "msg")),
        .prompt = xstrdup(db_text(s, "prompt")),
    };
    snprintf(out->id, sizeof out->id, "%s", db_text(s, "id"));
    out->percent = task_is_final(out->state) ? 100 : 0;
}

#define FACTS                                                                  \
    "SELECT id, created_ms, updated_ms, status, seconds, host, callback_url,"  \
    " callback_done, msg, prompt FROM tasks "

bool tasks_db_find(struct db *db, const char *id, struct task *out,
                   struct err *err)
{
    err->kind = ERR_NONE;
    struct db_stmt *s = db_stmt(db, FACTS "WHERE id = :id");
    db_bind_text(s, ":id", id);
    bool found = db_step(s, err) == DB_ROW;
    if (found)
        read_row(s, out);
    db_reset(s);
    return found;
}

char *tasks_db_request(struct db *db, const char *id, struct err *err)
{
    struct db_stmt *s = db_stmt(db, "SELECT request FROM tasks WHERE id = :id");
    db_bind_text(s, ":id", id);
    char *text = NULL;
    enum db_step step = db_step(s, err);
    if (step == DB_ROW)
        text = xstrdup(db_text(s, "request"));
    else if (step == DB_DONE)
        err_set(err, ERR_DEFECT, "task %s has no row", id);
    db_reset(s);
    return text;
}

bool tasks_db_open_tasks(struct db *db,
                         void (*each)(void *arg, const struct task *task),
                         void *arg, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, FACTS "WHERE status < 2 OR callback_done = 0"
                          " ORDER BY rowid");
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        struct task task;
        read_row(s, &task);
        each(arg, &task);
    }
    db_reset(s);
    return step == DB_DONE;
}

bool tasks_db_list(struct db *db, int64_t skip, int64_t max,
                   void (*each)(void *arg, const struct task *task), void *arg,
                   struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, FACTS "ORDER BY rowid DESC LIMIT :max OFFSET :skip");
    db_bind_int(s, ":max", max);
    db_bind_int(s, ":skip", skip);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW) {
        struct task task;
        read_row(s, &task);
        each(arg, &task);
        task_clear(&task);
    }
    db_reset(s);
    return step == DB_DONE;
}

bool tasks_db_count(struct db *db, int64_t counts[TASK_STATES], struct err *err)
{
    memset(counts, 0, TASK_STATES * sizeof *counts);
    struct db_stmt *s =
        db_stmt(db, "SELECT status, count(*) AS n FROM tasks GROUP BY status");
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        counts[db_int(s, "status")] = db_int(s, "n");
    db_reset(s);
    return step == DB_DONE;
}
