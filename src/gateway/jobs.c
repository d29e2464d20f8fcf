#include "gateway/jobs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/inputs.h"
#include "gateway/jobs_inside.h"

#define TICK_MS 100
#define AGAIN_MS 3000 // a full disk is tried again

void job_enter(struct job *j, enum phase phase)
{
    j->jobs->in[j->phase]--;
    j->jobs->in[phase]++;
    j->phase = phase;
}

static void job_free(struct job *j)
{
    if (j->task)
        j->task->job = NULL;
    j->jobs->in[j->phase]--;
    TAILQ_REMOVE(&j->jobs->list, j, link);
    order_clear(&j->order);
    inputs_clear(&j->inputs);
    free(j->api);
    free(j->route);
    free(j->profile);
    free(j->host);
    free(j->request);
    free(j);
}

bool job_is_over(struct job *j)
{
    if (j->task && !j->jobs->stopped)
        return false;
    struct jobs *js = j->jobs;
    if (!j->task) // it may have been done just before it was told to stop
        asset_remove(js->spec.assets, j->id);
    job_free(j);
    jobs_kick(js);
    return true;
}

void job_fail(struct job *j)
{
    struct jobs *js = j->jobs;
    const char *code = "INTERNAL"; // the official API's words
    if (j->inputs.n > 0 && j->err.kind == ERR_NET)
        code = "INPUT_PREPROCESSING.INTERNAL";
    else if (j->inputs.n > 0 && j->err.kind == ERR_FORMAT)
        code = "ASSET.INVALID";
    log_info("gateway: %s failed: %s", j->id, j->err.text);
    task_fail(js->spec.tasks, j->task, code, j->err.text);
    job_free(j);
    jobs_kick(js);
}

// --- drawing

static bool on_progress(void *arg, double done)
{
    struct job *j = arg;
    atomic_store(&j->permille, (int)(done * 1000));
    return !atomic_load(&j->stop);
}

static void draw(void *arg)
{
    struct job *j = arg;
    const struct jobs_spec *s = &j->jobs->spec;
    if (atomic_load(&j->stop))
        return;
    struct order shared = {0};
    if (j->draws)
        shared = same_order(j->draws);
    j->failed = !job_render(j->draws ? &shared : &j->order, &j->inputs,
                            s->assets, j->draws ? j->draws->id : j->id,
                            s->draft, on_progress, j, &j->facts, &j->err);
    order_clear(&shared);
}

// Money was spent on the task: it waits until there is room.
void job_stick(struct job *j, void (*resume)(struct job *job))
{
    struct jobs *js = j->jobs;
    if (!js->said_full)
        log_error("gateway: %s cannot be rendered, and is tried again until it "
                  "can: %s",
                  j->id, j->err.text);
    js->said_full = true;
    j->resume = resume;
    job_enter(j, JOB_STUCK);
    loop_timer_start(js->again, AGAIN_MS);
}

static void on_again(void *arg)
{
    struct jobs *js = arg;
    struct job *j = TAILQ_FIRST(&js->list);
    while (j) {
        struct job *next = TAILQ_NEXT(j, link);
        if (j->phase == JOB_STUCK)
            j->resume(j);
        j = next;
    }
}

// From now on nothing but the time is between the task and its end.
static void finish(struct job *j)
{
    struct jobs *js = j->jobs;
    struct task *t = j->task;
    const struct order *o = &j->order;
    double seconds = o->kind == ORDER_PICTURE ? 0
                     : o->seconds > 0         ? o->seconds
                                              : j->facts.seconds;
    int64_t cost = o->cost;
    if (o->cost_a_second)
        cost = (int64_t)((double)o->cost * seconds + 0.5);
    if (cost < o->least)
        cost = o->least;
    js->said_full = false;
    job_free(j);
    dues_add(js->dues, t, seconds, cost);
}

// What was drawn for all is there even where the one that drew it is over.
static void end_sharing(struct job *j)
{
    struct jobs *js = j->jobs;
    struct same_kind *kind = j->draws;
    if (!kind)
        return;
    j->draws = NULL;
    kind->state = j->failed || atomic_load(&j->stop) ? SAME_NONE : SAME_READY;
    struct job *next;
    for (struct job *other = TAILQ_FIRST(&js->list); other; other = next) {
        next = TAILQ_NEXT(other, link);
        if (other->phase == JOB_SHARING)
            job_draw(other);
    }
}

static void drawn(void *arg)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    bool shared = j->draws != NULL;
    end_sharing(j);
    if (job_is_over(j))
        return;
    if (j->failed && j->err.kind == ERR_DISK)
        job_stick(j, job_draw);
    else if (j->failed)
        job_fail(j);
    else if (shared)
        job_draw(j);
    else
        finish(j);
    jobs_kick(js);
}

// True: the job has gone on.
static bool share(struct job *j)
{
    struct jobs *js = j->jobs;
    struct same_kind *kind = js->same ? same_find(js->same, &j->order) : NULL;
    if (!kind)
        return false;
    inputs_clear(&j->inputs);
    if (kind->state == SAME_DRAWING) {
        job_enter(j, JOB_SHARING);
        return true;
    }
    if (kind->state == SAME_READY) {
        if (same_give(js->same, kind, j->id, &j->err))
            finish(j);
        else
            job_stick(j, job_draw);
        return true;
    }
    kind->state = SAME_DRAWING;
    j->draws = kind;
    return false;
}

void job_draw(struct job *j)
{
    if (share(j))
        return;
    job_enter(j, JOB_DRAWING);
    loop_pool_work(j->jobs->pool, draw, drawn, j);
}

// --- on the loop

static void look_after(struct job *j)
{
    struct jobs *js = j->jobs;
    int passed = dues_passed(js->dues, j->task);
    int done = atomic_load(&j->permille);
    if (passed < done)
        done = passed;
    task_progress(js->spec.tasks, j->task, done >= 990 ? 99 : done / 10);
}

static void on_tick(void *arg)
{
    struct jobs *js = arg;
    struct job *j = TAILQ_FIRST(&js->list);
    while (j) {
        struct job *next = TAILQ_NEXT(j, link);
        if (j->task)
            look_after(j);
        j = next;
    }
    if (!TAILQ_EMPTY(&js->list))
        loop_timer_start(js->tick, TICK_MS);
}

// Where its clip is drawn already, there is nothing that a job would do.
static bool give_same(struct jobs *js, struct task *t)
{
    const struct order o = {
        .kind = t->output == TASK_PICTURE ? ORDER_PICTURE : ORDER_GENERATE,
        .width = t->width,
        .height = t->height,
        .seconds = t->seconds,
    };
    struct err err;
    struct same_kind *kind = js->same ? same_find(js->same, &o) : NULL;
    if (!kind || kind->state != SAME_READY ||
        !same_give(js->same, kind, t->id, &err))
        return false;
    task_set(js->spec.tasks, t, TASK_RUNNING, NULL);
    dues_add(js->dues, t, t->seconds, t->cost);
    return true;
}

static void start(struct jobs *js, struct task *t)
{
    struct job *j = xcalloc(1, sizeof *j);
    j->jobs = js;
    j->task = t;
    t->job = j;
    memcpy(j->id, t->id, sizeof j->id);
    j->api = xstrdup(t->api);
    j->route = xstrdup(t->route);
    j->profile = xstrdup(t->profile);
    j->host = xstrdup(t->host);
    atomic_init(&j->permille, 0);
    atomic_init(&j->stop, false);
    TAILQ_INSERT_TAIL(&js->list, j, link);
    js->in[JOB_READING]++;
    task_set(js->spec.tasks, t, TASK_RUNNING, NULL);
    loop_timer_start(js->tick, TICK_MS);
    job_read(j);
}

static int default_renders(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;
}

struct jobs *jobs_new(const struct jobs_spec *spec)
{
    struct jobs *js = xcalloc(1, sizeof *js);
    struct err err;
    js->spec = *spec;
    if (!spec->input_hosts)
        js->own_hosts = hosts_parse("loopback", &err);
    js->place = (struct inputs_place){
        .assets = spec->assets,
        .uploads = spec->uploads,
        .hosts = spec->input_hosts ? spec->input_hosts : js->own_hosts,
    };
    js->threads = spec->renders > 0 ? spec->renders : default_renders();
    js->pool = loop_pool_new(spec->loop, js->threads);
    js->tick = loop_timer_new(spec->loop, on_tick, js);
    js->again = loop_timer_new(spec->loop, on_again, js);
    js->dues = dues_new(spec->loop, spec->tasks, spec->clock, spec->latency_ms);
    js->same = spec->same_clip ? same_new(spec->assets) : NULL;
    TAILQ_INIT(&js->list);
    return js;
}

const struct inputs_place *jobs_place(const struct jobs *js)
{
    return &js->place;
}

// A slow address keeps its own job waiting, not the renderers; JOBS_FETCH_ROOM
// of them keep those waiting that come later, since what they bring is held in
// memory.
static bool has_room(const struct jobs *js)
{
    const int *in = js->in;
    return in[JOB_READING] + in[JOB_DRAWING] + in[JOB_STUCK] + in[JOB_SHARING] <
               js->threads &&
           in[JOB_HUNGRY] + in[JOB_FETCHING] < JOBS_FETCH_ROOM;
}

static void start_next(struct jobs *js)
{
    jobs_feed_hungry(js);
    while (!js->stopped && has_room(js)) {
        struct task *t = tasks_next(js->spec.tasks);
        if (!t)
            break;
        if (!give_same(js, t))
            start(js, t);
    }
}

// What starts is a change, of which we hear: one turn sees to all.
void jobs_kick(struct jobs *js)
{
    if (js->kicking)
        return;
    js->kicking = true;
    start_next(js);
    js->kicking = false;
}

// One that is in a thread is told to come back.
static void stop(struct job *j)
{
    atomic_store(&j->stop, true);
    if (j->phase == JOB_READING || j->phase == JOB_DRAWING)
        return;
    if (j->fetch)
        inputs_fetch_stop(j->fetch);
    job_free(j);
}

void jobs_changed(struct jobs *js, struct task *t)
{
    struct job *j = t->job;
    if (t->state == TASK_CANCELLED)
        dues_drop(t);
    if (j && t->state == TASK_CANCELLED) {
        log_info("gateway: %s cancelled", j->id);
        t->job = NULL;
        j->task = NULL;
        stop(j);
    }
    jobs_kick(js);
}

void jobs_look(struct jobs *js, struct task *t)
{
    if (js->dues)
        dues_look(js->dues, t);
}

void jobs_stop(struct jobs *js)
{
    js->stopped = true;
    dues_free(js->dues);
    js->dues = NULL;
    loop_timer_stop(js->tick);
    loop_timer_stop(js->again);
    struct job *j = TAILQ_FIRST(&js->list);
    while (j) {
        struct job *next = TAILQ_NEXT(j, link);
        stop(j);
        j = next;
    }
}

bool jobs_idle(const struct jobs *js)
{
    return js->in[JOB_READING] + js->in[JOB_DRAWING] == 0;
}

void jobs_free(struct jobs *js)
{
    if (!js)
        return;
    loop_pool_free(js->pool);
    loop_timer_free(js->tick);
    loop_timer_free(js->again);
    dues_free(js->dues);
    same_free(js->same);
    hosts_free(js->own_hosts);
    free(js);
}
