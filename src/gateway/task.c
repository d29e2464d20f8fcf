#include "gateway/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "db/db.h"
#include "gateway/tasks_db.h"
#include "net/client.h"

#define BUCKETS 4096

TAILQ_HEAD(task_queue, task);
LIST_HEAD(task_bucket, task);

struct tasks {
    const struct clock *clock;
    struct db *db; // for reading, on the loop
    struct db_writer *writer;
    struct task_queue queued;
    struct task_bucket buckets[BUCKETS];
    int64_t counts[TASK_STATES];
    int64_t entering; // bought, not yet on disk
    void (*changed)(void *arg, struct task *task);
    void *changed_arg;
};

static struct task_bucket *bucket_of(struct tasks *ts, const char *id)
{
    uint32_t h = 2166136261u;
    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 16777619u;
    return &ts->buckets[h % BUCKETS];
}

static struct task *find_live(struct tasks *ts, const char *id)
{
    struct task *t;
    LIST_FOREACH(t, bucket_of(ts, id), bucket)
    if (strcmp(t->id, id) == 0)
        return t;
    return NULL;
}

void task_clear(struct task *t)
{
    free(t->prompt);
    free(t->host);
    free(t->callback_url);
    free(t->msg);
    t->prompt = t->host = t->callback_url = t->msg = NULL;
}

static void notify(struct tasks *ts, struct task *t)
{
    if (ts->changed)
        ts->changed(ts->changed_arg, t);
}

static void enter(struct tasks *ts, struct task *t)
{
    LIST_INSERT_HEAD(bucket_of(ts, t->id), t, bucket);
    if (t->state == TASK_QUEUED)
        TAILQ_INSERT_TAIL(&ts->queued, t, queue);
}

// Nothing is left to happen: from now on the database knows it alone.
static void drop_if_over(struct task *t)
{
    if (!task_is_final(t->state) || t->callback == TASK_CALLBACK_OWED)
        return;
    LIST_REMOVE(t, bucket);
    task_clear(t);
    free(t);
}

static void reopen(void *arg, const struct task *row)
{
    struct tasks *ts = arg;
    struct task *t = xmalloc(sizeof *t);
    *t = *row;
    if (!task_is_final(t->state)) {
        ts->counts[t->state]--;
        t->state = TASK_QUEUED; // what was running starts again
        ts->counts[t->state]++;
    }
    enter(ts, t);
}

struct tasks *tasks_open(struct loop *loop, const char *dir,
                         const struct clock *clock, struct err *err)
{
    struct tasks *ts = xcalloc(1, sizeof *ts);
    ts->clock = clock;
    TAILQ_INIT(&ts->queued);
    char *path = path_join(dir, "tasks.db");
    ts->db = tasks_db_open(path, err);
    if (ts->db)
        ts->writer =
            db_writer_new(loop, path, TASKS_DB_ID, TASKS_DB_VERSION, err);
    free(path);
    if (ts->writer && tasks_db_count(ts->db, ts->counts, err) &&
        tasks_db_open_tasks(ts->db, reopen, ts, err))
        return ts;
    tasks_free(ts);
    return NULL;
}

void tasks_free(struct tasks *ts)
{
    if (!ts)
        return;
    ts->changed = NULL;
    if (ts->writer)
        db_writer_free(ts->writer);
    for (size_t i = 0; i < BUCKETS; i++) {
        struct task *t;
        while ((t = LIST_FIRST(&ts->buckets[i])) != NULL) {
            LIST_REMOVE(t, bucket);
            task_clear(t);
            free(t);
        }
    }
    if (ts->db)
        db_close(ts->db);
    free(ts);
}

bool tasks_idle(const struct tasks *ts)
{
    return db_writer_idle(ts->writer);
}

void tasks_watch(struct tasks *ts,
                 void (*changed)(void *arg, struct task *task), void *arg)
{
    ts->changed = changed;
    ts->changed_arg = arg;
}

// --- writes: what a job needs is copied, because it runs in another thread

struct addition {
    struct tasks *tasks;
    struct task *task;
    const char *request;
    void (*done)(void *arg, const struct task *task, const struct err *err);
    void *arg;
};

static bool add_job(struct db *db, void *arg, struct err *err)
{
    const struct addition *a = arg;
    return tasks_db_insert(db, a->task, a->request, err);
}

static void add_done(void *arg, const struct err *err)
{
    struct addition *a = arg;
    struct tasks *ts = a->tasks;
    ts->entering--;
    if (err) {
        a->done(a->arg, NULL, err);
        task_clear(a->task);
        free(a->task);
    } else {
        ts->counts[TASK_QUEUED]++;
        enter(ts, a->task);
        a->done(a->arg, a->task, NULL); // first the answer, then the news
        notify(ts, a->task);
    }
    free(a);
}

void tasks_add(struct tasks *ts, const struct submit *submit, const char *host,
               const char *request,
               void (*done)(void *arg, const struct task *task,
                            const struct err *err),
               void *arg)
{
    int64_t now = clock_wall_ms(ts->clock);
    struct task *t = xmalloc(sizeof *t);
    bool owed = submit->callback_url && net_is_loopback(submit->callback_url);
    *t = (struct task){
        .state = TASK_QUEUED,
        .seconds = submit->seconds,
        .callback = owed ? TASK_CALLBACK_OWED : TASK_CALLBACK_NONE,
        .prompt = xstrdup(submit->prompt),
        .host = xstrdup(host),
        .callback_url = xstrdup(submit->callback_url),
        .created_ms = now,
        .updated_ms = now,
    };
    token_uuid(t->id);
    struct addition *a = xmalloc(sizeof *a);
    *a = (struct addition){ts, t, request, done, arg};
    ts->entering++;
    db_write(ts->writer, add_job, add_done, a);
}

bool tasks_full(const struct tasks *ts)
{
    return ts->entering + ts->counts[TASK_QUEUED] + ts->counts[TASK_RUNNING] >=
           TASKS_OPEN_MAX;
}

struct change {
    struct tasks *tasks;
    struct task *task; // NULL: a change of the callback
    char id[TOKEN_UUID];
    enum task_state state;
    enum task_callback callback;
    char *msg;
    int64_t updated_ms;
};

static bool change_job(struct db *db, void *arg, struct err *err)
{
    const struct change *c = arg;
    if (!c->task)
        return tasks_db_callback(db, c->id, c->callback, err);
    return tasks_db_state(db, c->id, c->state, c->msg, c->updated_ms, err);
}

// A state that cannot be written down is shown all the same: after a restart
// the task runs again, which costs time and nothing else.
static void change_done(void *arg, const struct err *err)
{
    struct change *c = arg;
    struct tasks *ts = c->tasks;
    struct task *t = c->task;
    if (err)
        log_error("gateway: task %s: %s", c->id, err->text);
    if (t) {
        ts->counts[t->state]--;
        ts->counts[c->state]++;
        t->state = c->state;
        free(t->msg);
        t->msg = c->msg;
        t->updated_ms = c->updated_ms;
        if (task_is_final(t->state))
            t->percent = 100;
        notify(ts, t);
        drop_if_over(t);
    }
    free(c);
}

static struct change *change_new(struct tasks *ts, const struct task *t)
{
    struct change *c = xcalloc(1, sizeof *c);
    c->tasks = ts;
    memcpy(c->id, t->id, sizeof c->id);
    return c;
}

void task_set(struct tasks *ts, struct task *t, enum task_state state,
              const char *msg)
{
    struct change *c = change_new(ts, t);
    c->task = t;
    c->state = state;
    c->msg = xstrdup(msg);
    c->updated_ms = clock_wall_ms(ts->clock);
    db_write(ts->writer, change_job, change_done, c);
}

void task_progress(struct tasks *ts, struct task *t, int percent)
{
    if (t->state != TASK_RUNNING || percent <= t->percent)
        return;
    bool quarter = percent / 25 > t->percent / 25;
    t->percent = percent;
    t->updated_ms = clock_wall_ms(ts->clock);
    if (quarter)
        notify(ts, t);
}

void task_callback(struct tasks *ts, struct task *t, enum task_callback outcome)
{
    struct change *c = change_new(ts, t);
    c->callback = outcome;
    t->callback = outcome;
    db_write(ts->writer, change_job, change_done, c);
    drop_if_over(t);
}

void tasks_each_owed(struct tasks *ts,
                     void (*each)(void *arg, struct task *task), void *arg)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct task *t;
        LIST_FOREACH(t, &ts->buckets[i], bucket)
        if (task_is_final(t->state))
            each(arg, t);
    }
}

struct task *tasks_next(struct tasks *ts)
{
    struct task *t = TAILQ_FIRST(&ts->queued);
    if (t)
        TAILQ_REMOVE(&ts->queued, t, queue);
    return t;
}

char *tasks_request(struct tasks *ts, const char *id, struct err *err)
{
    return tasks_db_request(ts->db, id, err);
}

struct value *tasks_feed(struct tasks *ts, const char *id, const char *host,
                         struct err *err)
{
    err->kind = ERR_NONE;
    const struct task *live = find_live(ts, id);
    if (live)
        return task_feed(live, host);
    struct task row;
    if (!tasks_db_find(ts->db, id, &row, err))
        return NULL;
    struct value *feed = task_feed(&row, host);
    task_clear(&row);
    return feed;
}

static void add_listed(void *arg, const struct task *row)
{
    value_add(arg, task_listed(row));
}

struct value *tasks_list(struct tasks *ts, int64_t page, int64_t limit,
                         struct err *err)
{
    int64_t counts[TASK_STATES], total = ts->entering;
    if (!tasks_db_count(ts->db, counts, err))
        return NULL;
    for (size_t i = 0; i < TASK_STATES; i++)
        total += counts[i];
    struct value *rows = value_list();
    if (!tasks_db_list(ts->db, (page - 1) * limit, limit, add_listed, rows,
                       err)) {
        value_free(rows);
        return NULL;
    }
    struct value *v = value_map();
    value_set(v, "page", value_int(page));
    value_set(v, "limit", value_int(limit));
    value_set(v, "total", value_int(total));
    value_set(v, "tasks", rows);
    return v;
}

int64_t tasks_count(const struct tasks *ts, enum task_state state)
{
    return ts->counts[state];
}
