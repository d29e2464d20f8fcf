#include "gateway/jobs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/inputs.h"
#include "gateway/job_render.h"

#define TICK_MS 100
#define AGAIN_MS 3000 // a full disk is tried again

enum phase {
    JOB_READING,  // in a thread: its order, and the inputs that are here
    JOB_HUNGRY,   // waits to fetch the others
    JOB_FETCHING, // on the network
    JOB_DRAWING,  // in a thread, or waits for one
    JOB_STUCK,    // the disk is full; is drawn again later
    JOB_DRAWN,    // waits for the latency to pass
};
#define PHASES 6

struct job {
    struct jobs *jobs;
    struct task *task; // NULL: cancelled
    enum phase phase;
    char id[TOKEN_UUID];
    char *api, *route, *profile, *host; // the task's
    char *request;                      // as it was submitted
    struct order order;
    struct inputs inputs;
    struct inputs_fetch *fetch;      // while JOB_FETCHING
    void (*resume)(struct job *job); // while JOB_STUCK
    struct render_facts facts;
    bool failed;
    struct err err;
    atomic_int permille;
    atomic_bool stop;
    TAILQ_ENTRY(job) link;
};

TAILQ_HEAD(job_list, job);

struct jobs {
    struct jobs_spec spec;
    struct inputs_place place;
    struct hosts *own_hosts; // where the spec has none
    struct loop_pool *pool;
    int threads;
    struct loop_timer *tick, *again;
    struct job_list list;
    int in[PHASES]; // how many jobs
    bool said_full, stopped;
};

static void enter(struct job *j, enum phase phase)
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

// A job that came back from a thread or the network, and is not wanted now.
static bool is_over(struct job *j)
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

static void fail(struct job *j)
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
    j->failed = !job_render(&j->order, &j->inputs, s->assets, j->id, s->draft,
                            on_progress, j, &j->facts, &j->err);
}

// Money was spent on the task: it waits until there is room.
static void stick(struct job *j, void (*resume)(struct job *job))
{
    struct jobs *js = j->jobs;
    if (!js->said_full)
        log_error("gateway: %s cannot be rendered, and is tried again until it "
                  "can: %s",
                  j->id, j->err.text);
    js->said_full = true;
    j->resume = resume;
    enter(j, JOB_STUCK);
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

static void start_drawing(struct job *j);

static void drawn(void *arg)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    if (is_over(j))
        return;
    if (j->failed && j->err.kind == ERR_DISK) {
        stick(j, start_drawing);
        return;
    }
    js->said_full = false;
    if (j->failed) {
        fail(j);
        return;
    }
    enter(j, JOB_DRAWN);
    inputs_clear(&j->inputs);
    loop_timer_start(js->tick, 0);
    jobs_kick(js);
}

static void start_drawing(struct job *j)
{
    enter(j, JOB_DRAWING);
    loop_pool_work(j->jobs->pool, draw, drawn, j);
}

// --- inputs from the network

static bool fetches_left(const struct inputs *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->all[i].url)
            return true;
    return false;
}

static void feed_hungry(struct jobs *js);

static void wait_to_fetch(struct job *j)
{
    struct jobs *js = j->jobs;
    enter(j, JOB_HUNGRY);
    feed_hungry(js);
}

static void fetched(void *arg, const struct err *err)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    j->fetch = NULL;
    if (err)
        j->err = *err;
    if (!err)
        start_drawing(j);
    else if (err->kind == ERR_DISK)
        stick(j, wait_to_fetch);
    else
        fail(j);
    jobs_kick(js);
}

static void start_fetching(struct job *j)
{
    struct jobs *js = j->jobs;
    enter(j, JOB_FETCHING);
    j->fetch = inputs_fetch(js->spec.client, &js->place, j->id, &j->inputs,
                            fetched, j, &j->err);
    if (!j->fetch)
        stick(j, wait_to_fetch);
}

// What has been fetched waits in memory for a renderer, so that not much may.
static bool may_fetch(const struct jobs *js)
{
    const int *in = js->in;
    return !js->stopped && in[JOB_FETCHING] < JOBS_FETCHES &&
           in[JOB_FETCHING] + in[JOB_DRAWING] < js->threads + JOBS_FETCHES;
}

static void feed_hungry(struct jobs *js)
{
    struct job *j = TAILQ_FIRST(&js->list);
    while (j && js->in[JOB_HUNGRY] > 0 && may_fetch(js)) {
        struct job *next = TAILQ_NEXT(j, link);
        if (j->phase == JOB_HUNGRY)
            start_fetching(j);
        j = next;
    }
}

// --- the order, and the inputs that are here

static void read_order(void *arg)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    order_clear(&j->order);
    inputs_clear(&j->inputs);
    j->failed =
        !order_read(js->spec.wire, j->api, j->profile, j->route, j->request,
                    strlen(j->request), js->spec.draft, &j->order, &j->err) ||
        !inputs_read(&js->place, &j->order, j->host, j->id, &j->inputs,
                     &j->err);
    // One copy of what may be megabytes is enough.
    order_forget_inputs(&j->order);
    free(j->request);
    j->request = NULL;
}

static void start_reading(struct job *j);

static void order_was_read(void *arg)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    if (is_over(j))
        return;
    if (j->failed && j->err.kind == ERR_DISK)
        stick(j, start_reading);
    else if (j->failed)
        fail(j);
    else if (fetches_left(&j->inputs))
        wait_to_fetch(j);
    else
        start_drawing(j);
    jobs_kick(js);
}

static void start_reading(struct job *j)
{
    struct jobs *js = j->jobs;
    enter(j, JOB_READING);
    j->request = tasks_request(js->spec.tasks, j->id, &j->err);
    if (j->request)
        loop_pool_work(js->pool, read_order, order_was_read, j);
    else
        stick(j, start_reading);
}

// --- on the loop

static int part_of_latency(const struct jobs *js, const struct task *t)
{
    int64_t passed = clock_wall_ms(js->spec.clock) - t->created_ms;
    if (passed >= js->spec.latency_ms || passed < 0)
        return 1000;
    return (int)(passed * 1000 / js->spec.latency_ms);
}

static void succeed(struct job *j)
{
    const struct order *o = &j->order;
    double seconds = o->kind == ORDER_PICTURE ? 0
                     : o->seconds > 0         ? o->seconds
                                              : j->facts.seconds;
    int64_t cost = o->cost;
    if (o->cost_a_second)
        cost = (int64_t)((double)o->cost * seconds + 0.5);
    if (cost < o->least)
        cost = o->least;
    log_info("gateway: %s succeeded", j->id);
    task_succeed(j->jobs->spec.tasks, j->task, seconds, cost);
    job_free(j);
}

static void look_after(struct job *j)
{
    int passed = part_of_latency(j->jobs, j->task);
    int done = j->phase == JOB_DRAWN ? 1000 : atomic_load(&j->permille);
    if (j->phase == JOB_DRAWN && passed == 1000) {
        succeed(j);
        return;
    }
    if (passed < done)
        done = passed;
    task_progress(j->jobs->spec.tasks, j->task, done >= 990 ? 99 : done / 10);
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
    start_reading(j);
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
    return in[JOB_READING] + in[JOB_DRAWING] + in[JOB_STUCK] < js->threads &&
           in[JOB_HUNGRY] + in[JOB_FETCHING] < JOBS_FETCH_ROOM;
}

void jobs_kick(struct jobs *js)
{
    feed_hungry(js);
    while (!js->stopped && has_room(js)) {
        struct task *t = tasks_next(js->spec.tasks);
        if (!t)
            break;
        start(js, t);
        loop_timer_start(js->tick, TICK_MS);
    }
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
    if (j && t->state == TASK_CANCELLED) {
        log_info("gateway: %s cancelled", j->id);
        t->job = NULL;
        j->task = NULL;
        stop(j);
    }
    jobs_kick(js);
}

void jobs_stop(struct jobs *js)
{
    js->stopped = true;
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
    hosts_free(js->own_hosts);
    free(js);
}
