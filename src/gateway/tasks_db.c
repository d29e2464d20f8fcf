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
    // A new table, as a column behind `request` would be found only across it.
    {"CREATE TABLE orders("
     " id TEXT PRIMARY KEY NOT NULL,"
     " created_ms INTEGER NOT NULL,"
     " updated_ms INTEGER NOT NULL,"
     // 4: cancelled
     " status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),"
     " hidden INTEGER NOT NULL CHECK (hidden IN (0, 1)),"
     " api TEXT NOT NULL,"
     " route TEXT NOT NULL,"
     " profile TEXT NOT NULL,"
     " model TEXT NOT NULL,"
     " output INTEGER NOT NULL CHECK (output BETWEEN 0 AND 1),"
     " length_ms INTEGER NOT NULL,"
     " cost INTEGER NOT NULL,"
     " at_once INTEGER NOT NULL,"
     " host TEXT NOT NULL,"
     " callback_url TEXT,"
     " callback_done INTEGER NOT NULL CHECK (callback_done BETWEEN 0 AND 2),"
     " input_url TEXT,"
     " msg TEXT,"
     " failure_code TEXT,"
     " prompt TEXT NOT NULL,"
     " request TEXT NOT NULL"
     ") STRICT;"
     "INSERT INTO orders(rowid, id, created_ms, updated_ms, status, hidden,"
     " api, route, profile, model, output, length_ms, cost, at_once, host,"
     " callback_url, callback_done, msg, prompt, request)"
     " SELECT rowid, id, created_ms, updated_ms, status, 0, 'reverse',"
     " 'generate', 'lenient', '', 0, seconds * 1000, seconds * 5000, 0, host,"
     " callback_url, callback_done, msg, prompt, request"
     " FROM tasks ORDER BY rowid;"
     "DROP TABLE tasks;"
     "ALTER TABLE orders RENAME TO tasks;"
     "CREATE INDEX tasks_status ON tasks(status);"
     "CREATE INDEX tasks_owed ON tasks(callback_done)"
     " WHERE callback_done = 0;"
     "CREATE INDEX tasks_hidden ON tasks(hidden) WHERE hidden = 1;"
     "CREATE INDEX tasks_bought ON tasks(api, model, created_ms);"},
};

struct db *tasks_db_open(const char *path, struct err *err)
{
    return db_open(path, TASKS_DB_ID, tasks_db_migrations, TASKS_DB_VERSION,
                   err);
}

static int64_t as_ms(double seconds)
{
    return (int64_t)(seconds * 1000 + 0.5);
}

static void bind_texts(struct db_stmt *s, const struct task *t)
{
    db_bind_text(s, ":id", t->id);
    db_bind_text(s, ":api", t->api);
    db_bind_text(s, ":route", t->route);
    db_bind_text(s, ":profile", t->profile);
    db_bind_text(s, ":model", t->model);
    db_bind_text(s, ":host", t->host);
    db_bind_text(s, ":callback", t->callback_url);
    db_bind_text(s, ":input", t->input_url);
    db_bind_text(s, ":msg", t->msg);
    db_bind_text(s, ":code", t->failure_code);
    db_bind_text(s, ":prompt", t->prompt);
}

bool tasks_db_insert(struct db *db, const struct task *t, const char *request,
                     struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "INSERT INTO tasks(id, created_ms, updated_ms, status, hidden, api,"
            " route, profile, model, output, length_ms, cost, at_once, host,"
            " callback_url, callback_done, input_url, msg, failure_code,"
            " prompt, request) VALUES(:id, :created, :updated, :status, 0,"
            " :api, :route, :profile, :model, :output, :length, :cost,"
            " :at_once, :host, :callback, :done, :input, :msg, :code, :prompt,"
            " :request)");
    bind_texts(s, t);
    db_bind_int(s, ":created", t->created_ms);
    db_bind_int(s, ":updated", t->updated_ms);
    db_bind_int(s, ":status", (int64_t)t->state);
    db_bind_int(s, ":output", (int64_t)t->output);
    db_bind_int(s, ":length", as_ms(t->seconds));
    db_bind_int(s, ":cost", t->cost);
    db_bind_int(s, ":at_once", t->at_once);
    db_bind_int(s, ":done", (int64_t)t->callback);
    db_bind_text(s, ":request", request);
    return db_run(s, err);
}

bool tasks_db_state(struct db *db, const char *id,
                    const struct tasks_db_change *c, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "UPDATE tasks SET status = :status, msg = :msg,"
            " failure_code = :code, updated_ms = :updated,"
            " length_ms = CASE :settled WHEN 1 THEN :length ELSE length_ms END,"
            " cost = CASE :settled WHEN 1 THEN :cost ELSE cost END"
            " WHERE id = :id AND status < 2");
    db_bind_int(s, ":status", (int64_t)c->state);
    db_bind_text(s, ":msg", c->msg);
    db_bind_text(s, ":code", c->failure_code);
    db_bind_int(s, ":updated", c->updated_ms);
    db_bind_int(s, ":settled", c->settled);
    db_bind_int(s, ":length", as_ms(c->seconds));
    db_bind_int(s, ":cost", c->cost);
    db_bind_text(s, ":id", id);
    return db_run(s, err);
}

bool tasks_db_remove(struct db *db, const char *id, int64_t updated_ms,
                     enum task_removal *removal, struct err *err)
{
    *removal = TASK_REMOVAL_NONE;
    struct db_stmt *s =
        db_stmt(db, "UPDATE tasks SET status = 4, msg = 'cancelled',"
                    " updated_ms = :updated WHERE id = :id AND status < 2");
    db_bind_int(s, ":updated", updated_ms);
    db_bind_text(s, ":id", id);
    if (!db_run(s, err))
        return false;
    if (db_changes(db) > 0) {
        *removal = TASK_REMOVED_OPEN;
        return true;
    }
    s = db_stmt(db,
                "UPDATE tasks SET hidden = 1 WHERE id = :id AND hidden = 0");
    db_bind_text(s, ":id", id);
    if (!db_run(s, err))
        return false;
    if (db_changes(db) > 0)
        *removal = TASK_REMOVED_HIDDEN;
    return true;
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
        .seconds = (double)db_int(s, "length_ms") / 1000,
        .cost = db_int(s, "cost"),
        .at_once = (int)db_int(s, "at_once"),
        .callback = (enum task_callback)db_int(s, "callback_done"),
        .output = (enum task_output)db_int(s, "output"),
        .hidden = db_int(s, "hidden") != 0,
        .created_ms = db_int(s, "created_ms"),
        .updated_ms = db_int(s, "updated_ms"),
        .api = xstrdup(db_text(s, "api")),
        .route = xstrdup(db_text(s, "route")),
        .profile = xstrdup(db_text(s, "profile")),
        .model = xstrdup(db_text(s, "model")),
        .host = xstrdup(db_text(s, "host")),
        .callback_url = xstrdup(db_text(s, "callback_url")),
        .input_url = xstrdup(db_text(s, "input_url")),
        .msg = xstrdup(db_text(s, "msg")),
        .failure_code = xstrdup(db_text(s, "failure_code")),
        .prompt = xstrdup(db_text(s, "prompt")),
    };
    snprintf(out->id, sizeof out->id, "%s", db_text(s, "id"));
    out->percent = task_is_final(out->state) ? 100 : 0;
}

#define FACTS                                                                  \
    "SELECT id, created_ms, updated_ms, status, hidden, api, route, profile,"  \
    " model, output, length_ms, cost, at_once, host, callback_url,"            \
    " callback_done, input_url, msg, failure_code, prompt FROM tasks "

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

bool tasks_db_list(struct db *db, const char *api, int64_t skip, int64_t max,
                   void (*each)(void *arg, const struct task *task), void *arg,
                   struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, FACTS "WHERE api = :api OR (:api IS NULL AND hidden = 0)"
                          " ORDER BY rowid DESC LIMIT :max OFFSET :skip");
    db_bind_text(s, ":api", api);
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

bool tasks_db_total(struct db *db, const char *api, int64_t *n, struct err *err)
{
    struct db_stmt *s =
        db_stmt(db, "SELECT count(*) AS n FROM tasks WHERE api = :api");
    db_bind_text(s, ":api", api);
    bool ok = db_step(s, err) == DB_ROW;
    if (ok)
        *n = db_int(s, "n");
    db_reset(s);
    return ok;
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

bool tasks_db_removed(struct db *db,
                      void (*each)(void *arg, const char *id, bool hidden),
                      void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db, "SELECT id, hidden FROM tasks WHERE hidden = 1 OR status = 4");
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        each(arg, db_text(s, "id"), db_int(s, "hidden") != 0);
    db_reset(s);
    return step == DB_DONE;
}

bool tasks_db_bought(struct db *db, int64_t since_ms,
                     void (*each)(void *arg, const char *api, const char *model,
                                  int64_t created_ms),
                     void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(db, "SELECT api, model, created_ms FROM tasks"
                                    " WHERE created_ms >= :since"
                                    " ORDER BY api, model, created_ms");
    db_bind_int(s, ":since", since_ms);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        each(arg, db_text(s, "api"), db_text(s, "model"),
             db_int(s, "created_ms"));
    db_reset(s);
    return step == DB_DONE;
}

bool tasks_db_spent(struct db *db,
                    void (*each)(void *arg, const char *api, int64_t cost),
                    void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(db, "SELECT api, sum(cost) AS cost FROM tasks"
                                    " WHERE status NOT IN (2, 4) GROUP BY api");
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        each(arg, db_text(s, "api"), db_int(s, "cost"));
    db_reset(s);
    return step == DB_DONE;
}

bool tasks_db_used(struct db *db, const char *api, int64_t from_ms,
                   int64_t to_ms,
                   void (*each)(void *arg, const char *day, const char *model,
                                int64_t cost),
                   void *arg, struct err *err)
{
    struct db_stmt *s = db_stmt(
        db,
        "SELECT date(created_ms / 1000, 'unixepoch') AS day, model,"
        " sum(cost) AS cost FROM tasks WHERE api = :api"
        " AND created_ms >= :from AND created_ms < :to"
        " AND status NOT IN (2, 4) GROUP BY day, model ORDER BY day, model");
    db_bind_text(s, ":api", api);
    db_bind_int(s, ":from", from_ms);
    db_bind_int(s, ":to", to_ms);
    enum db_step step;
    while ((step = db_step(s, err)) == DB_ROW)
        each(arg, db_text(s, "day"), db_text(s, "model"), db_int(s, "cost"));
    db_reset(s);
    return step == DB_DONE;
}
