#include "gateway/task.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
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

size_t tasks_api(const char *api)
{
    return strcmp(api, "official") == 0;
}

int64_t *tasks_spent_of(struct tasks *ts, const char *api)
{
    return &ts->spent[tasks_api(api)];
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

void tasks_enter(struct tasks *ts, struct task *t)
{
    LIST_INSERT_HEAD(bucket_of(ts, t->id), t, bucket);
    if (t->state == TASK_QUEUED)
        lanes_push(ts->lanes, t);
}

void tasks_drop(struct tasks *ts, struct task *t)
{
    lanes_leave(t);
    if (t->over) {
        TAILQ_REMOVE(&ts->over, t, queue);
        ts->n_over--;
    }
    LIST_REMOVE(t, bucket);
    task_clear(t);
    free(t);
}

// Nothing is left to happen: soon the database knows it alone.
static void drop_if_over(struct tasks *ts, struct task *t)
{
    if (!task_is_final(t->state) || t->callback == TASK_CALLBACK_OWED ||
        t->over)
        return;
    t->over = true;
    TAILQ_INSERT_TAIL(&ts->over, t, queue);
    if (++ts->n_over > TASKS_OVER_MAX)
        tasks_drop(ts, TAILQ_FIRST(&ts->over));
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

void tasks_on_look(struct tasks *ts, void (*look)(void *arg, struct task *task),
                   void *arg)
{
    ts->look = look;
    ts->look_arg = arg;
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
        ts->bought[tasks_api(a->task->api)]--;
        boughts_take_back(ts->boughts, a->task->api, a->task->model,
                          a->task->created_ms);
        a->done(a->arg, NULL, err);
        task_clear(a->task);
        free(a->task);
    } else {
        ts->counts[TASK_QUEUED]++;
        tasks_enter(ts, a->task);
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

// All that its clip takes is known without its inputs.
static bool is_plain(const struct order *order)
{
    return order->n_inputs == 0 && !order->cost_a_second;
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
        .width = is_plain(o) ? o->width : 0,
        .height = is_plain(o) ? o->height : 0,
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
    ts->bought[tasks_api(t->api)]++;
    boughts_add(ts->boughts, t->api, t->model, now);
    ts->n_entering++;
    LIST_INSERT_HEAD(&ts->entering, t, bucket);
    struct addition *a = xmalloc(sizeof *a);
    *a = (struct addition){ts, t, new->request, done, arg};
    db_write_when(ts->writer, DB_SOON, add_job, add_done, a);
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
    drop_if_over(ts, t);
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

void tasks_write_again(void *arg)
{
    struct tasks *ts = arg;
    struct task_change *c;
    while ((c = TAILQ_FIRST(&ts->again)) != NULL) {
        TAILQ_REMOVE(&ts->again, c, link);
        db_write(ts->writer, change_job, change_done, c);
    }
}

// Their tasks run again with the next process.
void tasks_forget_again(struct tasks *ts)
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
    db_write_when(ts->writer, DB_SOON, change_job, change_done, c);
}

void task_set(struct tasks *ts, struct task *t, enum task_state state,
              const char *msg)
{
    const struct tasks_db_change change = {
        .state = state, .msg = msg, .updated_ms = clock_wall_ms(ts->clock)};
    if (state != TASK_RUNNING)
        set(ts, t, &change);
    else if (t->state == TASK_QUEUED)
        tasks_apply(ts, t, &change);
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
    db_write_when(ts->writer, DB_LATER, change_job, change_done, c);
    drop_if_over(ts, t);
}

// --- what is left to do

void tasks_each_owed(struct tasks *ts,
                     void (*each)(void *arg, struct task *task), void *arg)
{
    for (size_t i = 0; i < TASK_BUCKETS; i++) {
        struct task *t, *next;
        for (t = LIST_FIRST(&ts->buckets[i]); t; t = next) {
            next = LIST_NEXT(t, bucket);
            if (task_is_final(t->state) && !t->over)
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
