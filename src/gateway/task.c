#include "gateway/task.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "gateway/input.h"
#include "gateway/task_internal.h"
#include "gateway/tasks_db.h"

#define AGAIN_MS 2000

static struct task_bucket *bucket_of(struct tasks *ts, const char *id)
{
    uint32_t h = 2166136261u;
    for (; *id; id++)
        h = (h ^ (unsigned char)*id) * 16777619u;
    return &ts->buckets[h % TASK_BUCKETS];
}

struct task *tasks_find_live(struct tasks *ts, const char *id)
{
    struct task *t;
    LIST_FOREACH(t, bucket_of(ts, id), bucket)
    if (strcmp(t->id, id) == 0)
        return t;
    return NULL;
}

int64_t *tasks_spent_of(struct tasks *ts, const char *api)
{
    return &ts->spent[strcmp(api, "official") == 0];
}

void task_clear(struct task *t)
{
    char **const texts[] = {
        &t->api,  &t->route,        &t->profile,   &t->model, &t->prompt,
        &t->host, &t->callback_url, &t->input_url, &t->msg,   &t->failure_code};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
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
        lanes_push(ts->lanes, t);
}

static void drop(struct task *t)
{
    lanes_leave(t);
    LIST_REMOVE(t, bucket);
    task_clear(t);
    free(t);
}

// Nothing is left to happen: from now on the database knows it alone.
static void drop_if_over(struct task *t)
{
    if (task_is_final(t->state) && t->callback != TASK_CALLBACK_OWED)
        drop(t);
}

// --- from disk, and back

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

static void add_spent(void *arg, const char *api, int64_t cost)
{
    *tasks_spent_of(arg, api) += cost;
}

// Whoever removed it may have died before its files were gone.
static void sweep_removed(void *arg, const char *id, bool hidden)
{
    struct tasks *ts = arg;
    ts->n_hidden += hidden;
    asset_remove(ts->assets, id);
}

static void write_again(void *arg);

struct tasks *tasks_open(struct loop *loop, const char *dir,
                         const struct clock *clock, struct err *err)
{
    struct tasks *ts = xcalloc(1, sizeof *ts);
    ts->clock = clock;
    ts->assets = path_join(dir, "assets");
    ts->lanes = lanes_new();
    ts->retry = loop_timer_new(loop, write_again, ts);
    TAILQ_INIT(&ts->again);
    char *path = path_join(dir, "tasks.db");
    ts->db = tasks_db_open(path, err);
    if (ts->db)
        ts->writer =
            db_writer_new(loop, path, TASKS_DB_ID, TASKS_DB_VERSION, err);
    free(path);
    if (ts->writer && tasks_db_count(ts->db, ts->counts, err) &&
        tasks_db_spent(ts->db, add_spent, ts, err) &&
        tasks_db_removed(ts->db, sweep_removed, ts, err) &&
        tasks_db_open_tasks(ts->db, reopen, ts, err))
        return ts;
    tasks_free(ts);
    return NULL;
}

static void forget_again(struct tasks *ts);

void tasks_free(struct tasks *ts)
{
    if (!ts)
        return;
    ts->changed = NULL;
    if (ts->writer)
        db_writer_free(ts->writer);
    forget_again(ts);
    loop_timer_free(ts->retry);
    for (size_t i = 0; i < TASK_BUCKETS; i++) {
        struct task *t;
        while ((t = LIST_FIRST(&ts->buckets[i])) != NULL)
            drop(t);
    }
    lanes_free(ts->lanes);
    if (ts->db)
        db_close(ts->db);
    free(ts->assets);
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

void tasks_callback_hosts(struct tasks *ts, const struct hosts *hosts)
{
    ts->callback_hosts = hosts;
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
    ts->n_entering--;
    LIST_REMOVE(a->task, bucket);
    if (err) {
        *tasks_spent_of(ts, a->task->api) -= a->task->cost;
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

static bool callback_owed(const struct tasks *ts, const char *url)
{
    if (!url)
        return false;
    return ts->callback_hosts ? hosts_allow(ts->callback_hosts, url)
                              : net_is_loopback(url);
}

// The address of the film that an order works on; borrowed, or NULL.
static const char *film_of(const struct order *order)
{
    const char *film = order_source(order, ORDER_FILM);
    bool web = film && strncasecmp(film, "http", 4) == 0;
    return web ? film : NULL;
}

void tasks_add(struct tasks *ts, const struct task_new *new,
               void (*done)(void *arg, const struct task *task,
                            const struct err *err),
               void *arg)
{
    const struct order *o = new->order;
    int64_t now = clock_wall_ms(ts->clock);
    bool owed = callback_owed(ts, o->callback_url);
    struct task *t = xmalloc(sizeof *t);
    *t = (struct task){
        .state = TASK_QUEUED,
        .seconds = o->seconds,
        .cost = o->cost_a_second ? 0 : o->cost,
        .at_once = o->at_once,
        .callback = owed ? TASK_CALLBACK_OWED : TASK_CALLBACK_NONE,
        .output = o->kind == ORDER_PICTURE ? TASK_PICTURE : TASK_CLIP,
        .api = xstrdup(new->api),
        .route = xstrdup(new->route),
        .profile = xstrdup(new->profile ? new->profile : ""),
        .model = xstrdup(o->model),
        .prompt = xstrdup(o->prompt),
        .host = xstrdup(new->host),
        .callback_url = xstrdup(o->callback_url),
        .input_url = xstrdup(film_of(o)),
        .created_ms = now,
        .updated_ms = now,
    };
    token_uuid(t->id);
    *tasks_spent_of(ts, t->api) += t->cost;
    ts->n_entering++;
    LIST_INSERT_HEAD(&ts->entering, t, bucket);
    struct addition *a = xmalloc(sizeof *a);
    *a = (struct addition){ts, t, new->request, done, arg};
    db_write(ts->writer, add_job, add_done, a);
}

bool tasks_full(const struct tasks *ts)
{
    return ts->n_entering + ts->counts[TASK_QUEUED] +
               ts->counts[TASK_RUNNING] >=
           TASKS_OPEN_MAX;
}

// --- changes

struct task_change {
    struct tasks *tasks;
    char id[TOKEN_UUID];
    bool of_callback; // else of the state
    enum task_callback callback;
    struct tasks_db_change state; // its texts are owned
    TAILQ_ENTRY(task_change) link;
};

static void change_free(struct task_change *c)
{
    free((char *)c->state.msg);
    free((char *)c->state.failure_code);
    free(c);
}

static bool change_job(struct db *db, void *arg, struct err *err)
{
    const struct task_change *c = arg;
    if (c->of_callback)
        return tasks_db_callback(db, c->id, c->callback, err);
    return tasks_db_state(db, c->id, &c->state, err);
}

static void replace(char **text, const char *by)
{
    char *old = *text;
    *text = xstrdup(by);
    free(old);
}

void tasks_apply(struct tasks *ts, struct task *t,
                 const struct tasks_db_change *c)
{
    int64_t *spent = tasks_spent_of(ts, t->api);
    ts->counts[t->state]--;
    ts->counts[c->state]++;
    *spent -= t->cost;
    t->state = c->state;
    t->updated_ms = c->updated_ms;
    replace(&t->msg, c->msg);
    replace(&t->failure_code, c->failure_code);
    if (c->settled) {
        t->seconds = c->seconds;
        t->cost = c->cost;
    }
    if (t->state != TASK_FAILED && t->state != TASK_CANCELLED)
        *spent += t->cost;
    if (task_is_final(t->state)) {
        t->percent = 100;
        lanes_leave(t);
    }
    notify(ts, t);
    drop_if_over(t);
}

// An end that cannot be written down must not be seen: to the next process the
// task would be open. That it runs needs no writing.
static bool keep_for_later(struct task_change *c, const struct err *err)
{
    struct tasks *ts = c->tasks;
    if (!ts->said_full)
        log_error("gateway: tasks cannot be written down, and are tried again "
                  "until they can: %s",
                  err->text);
    ts->said_full = true;
    if (c->of_callback || !task_is_final(c->state.state))
        return false;
    TAILQ_INSERT_TAIL(&ts->again, c, link);
    loop_timer_start(ts->retry, AGAIN_MS);
    return true;
}

static void change_done(void *arg, const struct err *err)
{
    struct task_change *c = arg;
    struct tasks *ts = c->tasks;
    if (err && keep_for_later(c, err))
        return;
    if (!err)
        ts->said_full = false;
    struct task *t = c->of_callback ? NULL : tasks_find_live(ts, c->id);
    if (t && !task_is_final(t->state))
        tasks_apply(ts, t, &c->state);
    change_free(c);
}

static void write_again(void *arg)
{
    struct tasks *ts = arg;
    struct task_change *c;
    while ((c = TAILQ_FIRST(&ts->again)) != NULL) {
        TAILQ_REMOVE(&ts->again, c, link);
        db_write(ts->writer, change_job, change_done, c);
    }
}

// Their tasks run again with the next process.
static void forget_again(struct tasks *ts)
{
    struct task_change *c;
    while ((c = TAILQ_FIRST(&ts->again)) != NULL) {
        TAILQ_REMOVE(&ts->again, c, link);
        change_free(c);
    }
}

static struct task_change *change_new(struct tasks *ts, const struct task *t)
{
    struct task_change *c = xcalloc(1, sizeof *c);
    c->tasks = ts;
    memcpy(c->id, t->id, sizeof c->id);
    return c;
}

static void set(struct tasks *ts, const struct task *t,
                const struct tasks_db_change *change)
{
    struct task_change *c = change_new(ts, t);
    c->state = *change;
    c->state.msg = xstrdup(change->msg);
    c->state.failure_code = xstrdup(change->failure_code);
    c->state.updated_ms = clock_wall_ms(ts->clock);
    db_write(ts->writer, change_job, change_done, c);
}

void task_set(struct tasks *ts, struct task *t, enum task_state state,
              const char *msg)
{
    set(ts, t, &(struct tasks_db_change){.state = state, .msg = msg});
}

void task_fail(struct tasks *ts, struct task *t, const char *code,
               const char *msg)
{
    set(ts, t,
        &(struct tasks_db_change){
            .state = TASK_FAILED, .msg = msg, .failure_code = code});
}

void task_succeed(struct tasks *ts, struct task *t, double seconds,
                  int64_t cost)
{
    set(ts, t,
        &(struct tasks_db_change){.state = TASK_SUCCEEDED,
                                  .settled = true,
                                  .seconds = seconds,
                                  .cost = cost});
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
    struct task_change *c = change_new(ts, t);
    c->of_callback = true;
    c->callback = outcome;
    t->callback = outcome;
    db_write(ts->writer, change_job, change_done, c);
    drop_if_over(t);
}

// --- what is left to do

void tasks_each_owed(struct tasks *ts,
                     void (*each)(void *arg, struct task *task), void *arg)
{
    for (size_t i = 0; i < TASK_BUCKETS; i++) {
        struct task *t, *next;
        for (t = LIST_FIRST(&ts->buckets[i]); t; t = next) {
            next = LIST_NEXT(t, bucket);
            if (task_is_final(t->state))
                each(arg, t);
        }
    }
}

struct task *tasks_next(struct tasks *ts)
{
    return lanes_next(ts->lanes);
}

char *tasks_request(struct tasks *ts, const char *id, struct err *err)
{
    return tasks_db_request(ts->db, id, err);
}
