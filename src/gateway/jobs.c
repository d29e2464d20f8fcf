#include "gateway/jobs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "gateway/input.h"
#include "gateway/render.h"

#define TICK_MS 100
#define FETCH_MS 10000

struct job {
    struct jobs *jobs;
    struct task *task;
    char *request; // as it was submitted
    struct submit submit;
    void *image;
    size_t image_len;
    struct net_exchange *fetch; // under way, or NULL
    bool failed;
    struct err err;
    bool rendered; // waits for the latency to pass
    atomic_int permille;
    TAILQ_ENTRY(job) link;
};

TAILQ_HEAD(job_list, job);

struct jobs {
    struct jobs_spec spec;
    struct loop_timer *tick;
    struct job_list list; // busy ones, and rendered ones that wait
    int busy;
    atomic_bool stop;
};

static void job_free(struct job *j)
{
    TAILQ_REMOVE(&j->jobs->list, j, link);
    submit_free(&j->submit);
    free(j->request);
    free(j->image);
    free(j);
}

// The end of a job's work in threads and on the network; with success the job
// may still have to wait.
static void finish(struct job *j)
{
    struct jobs *js = j->jobs;
    js->busy--;
    if (atomic_load(&js->stop)) {
        job_free(j);
        return;
    }
    if (j->failed) {
        log_info("gateway: %s failed: %s", j->task->id, j->err.text);
        task_set(js->spec.tasks, j->task, TASK_FAILED, j->err.text);
        job_free(j);
    } else {
        j->rendered = true;
        loop_timer_start(js->tick, 0);
    }
    jobs_kick(js);
}

static void fail(struct job *j)
{
    j->failed = true;
    finish(j);
}

// --- rendering, in a thread

static bool on_progress(void *arg, double done)
{
    struct job *j = arg;
    atomic_store(&j->permille, (int)(done * 1000));
    return !atomic_load(&j->jobs->stop);
}

// Written under names that no route serves, and renamed when all three are
// there.
static bool render_files(struct job *j)
{
    static const char *const suffixes[3] = {ASSET_CLIP, ASSET_POSTER,
                                            ASSET_LAST};
    const struct submit *s = &j->submit;
    struct render_spec spec = {
        .prompt = s->prompt,
        .model = s->model,
        .width = s->width,
        .height = s->height,
        .seconds = s->seconds,
        .seed = s->seed,
        .image = j->image,
        .image_len = j->image_len,
    };
    memcpy(spec.motion, s->motion, sizeof spec.motion);
    char *part[3], *whole[3];
    for (int i = 0; i < 3; i++) {
        part[i] = xasprintf("%s/part.%s%s", j->jobs->spec.assets, j->task->id,
                            suffixes[i]);
        whole[i] = xasprintf("%s/%s%s", j->jobs->spec.assets, j->task->id,
                             suffixes[i]);
    }
    bool ok =
        render_clip(&spec, part[0], part[1], part[2], on_progress, j, &j->err);
    for (int i = 2; ok && i >= 0; i--)
        if (rename(part[i], whole[i]) != 0)
            ok = err_errno(&j->err, ERR_DISK, "%s", whole[i]);
    for (int i = 0; i < 3; i++) {
        free(part[i]);
        free(whole[i]);
    }
    return ok;
}

static void render(void *arg)
{
    struct job *j = arg;
    j->failed = !render_files(j);
}

static void rendered(void *arg)
{
    finish(arg);
}

static void start_render(struct job *j)
{
    loop_work(j->jobs->spec.loop, render, rendered, j);
}

// --- the image: what needs no network is done in a thread

static void prepare(void *arg)
{
    struct job *j = arg;
    struct submit *s = &j->submit;
    if (!j->request)
        return;
    j->failed = !submit_parse(j->request, strlen(j->request), j->task->host,
                              j->jobs->spec.draft, s, &j->err);
    free(j->request);
    j->request = NULL;
    if (j->failed)
        return;
    if (s->image_kind == INPUT_DATA) {
        j->image = input_decode(s->image, &j->image_len, &j->err);
        j->failed = !j->image;
    } else if (s->image_kind == INPUT_ASSET) {
        char *path = path_join(j->jobs->spec.assets, input_asset(s->image));
        if (path_exists(path)) {
            j->image = file_read(path, INPUT_MAX, &j->image_len, &j->err);
            j->failed = !j->image;
        }
        free(path);
    }
}

static void fetched(void *arg, const struct net_response *r)
{
    struct job *j = arg;
    j->fetch = NULL;
    if (r->result != NET_ANSWERED)
        err_set(&j->err, ERR_NET, "image: %s", r->error);
    else if (r->status != 200)
        err_set(&j->err, ERR_NET, "image: answered HTTP %ld", r->status);
    else if (r->body_len == 0)
        err_set(&j->err, ERR_NET, "image: answered nothing");
    else {
        j->image = xmalloc(r->body_len);
        memcpy(j->image, r->body, r->body_len);
        j->image_len = r->body_len;
        start_render(j);
        return;
    }
    fail(j);
}

// Only addresses on this machine: one of our names in another's service, or an
// asset of ours that is not there, answers 404 like any other.
static void start_fetch(struct job *j)
{
    if (!net_is_loopback(j->submit.image)) {
        err_set(&j->err, ERR_NET, "image: there is no such asset here");
        fail(j);
        return;
    }
    j->fetch = net_send(j->jobs->spec.client, &(struct net_request){
                                                  .method = "GET",
                                                  .url = j->submit.image,
                                                  .body_max = INPUT_MAX,
                                                  .timeout_ms = FETCH_MS,
                                                  .done = fetched,
                                                  .arg = j,
                                              });
}

static void prepared(void *arg)
{
    struct job *j = arg;
    if (j->failed || atomic_load(&j->jobs->stop))
        finish(j);
    else if (j->submit.image_kind != INPUT_NONE && !j->image)
        start_fetch(j);
    else
        start_render(j);
}

// --- on the loop

static int part_of_latency(const struct jobs *js, const struct task *t)
{
    int64_t passed = clock_wall_ms(js->spec.clock) - t->created_ms;
    if (passed >= js->spec.latency_ms || passed < 0)
        return 1000;
    return (int)(passed * 1000 / js->spec.latency_ms);
}

static void on_tick(void *arg)
{
    struct jobs *js = arg;
    struct job *j = TAILQ_FIRST(&js->list);
    while (j) {
        struct job *next = TAILQ_NEXT(j, link);
        int passed = part_of_latency(js, j->task);
        int done = j->rendered ? 1000 : atomic_load(&j->permille);
        if (passed < done)
            done = passed;
        if (j->rendered && passed == 1000) {
            log_info("gateway: %s succeeded", j->task->id);
            task_set(js->spec.tasks, j->task, TASK_SUCCEEDED, NULL);
            job_free(j);
        } else {
            task_progress(js->spec.tasks, j->task,
                          done >= 990 ? 99 : done / 10);
        }
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
    atomic_init(&j->permille, 0);
    TAILQ_INSERT_TAIL(&js->list, j, link);
    js->busy++;
    task_set(js->spec.tasks, t, TASK_RUNNING, NULL);
    j->request = tasks_request(js->spec.tasks, t->id, &j->err);
    j->failed = !j->request;
    loop_work(js->spec.loop, prepare, prepared, j);
}

struct jobs *jobs_new(const struct jobs_spec *spec)
{
    struct jobs *js = xcalloc(1, sizeof *js);
    js->spec = *spec;
    js->tick = loop_timer_new(spec->loop, on_tick, js);
    TAILQ_INIT(&js->list);
    atomic_init(&js->stop, false);
    return js;
}

void jobs_kick(struct jobs *js)
{
    while (js->busy < JOBS_MAX && !atomic_load(&js->stop)) {
        struct task *t = tasks_next(js->spec.tasks);
        if (!t)
            break;
        start(js, t);
        loop_timer_start(js->tick, TICK_MS);
    }
}

void jobs_stop(struct jobs *js)
{
    atomic_store(&js->stop, true);
    loop_timer_stop(js->tick);
    struct job *j = TAILQ_FIRST(&js->list);
    while (j) {
        struct job *next = TAILQ_NEXT(j, link);
        if (j->rendered) {
            job_free(j);
        } else if (j->fetch) {
            net_cancel(j->fetch);
            finish(j);
        }
        j = next;
    }
}

bool jobs_idle(const struct jobs *js)
{
    return js->busy == 0;
}

void jobs_free(struct jobs *js)
{
    if (!js)
        return;
    loop_timer_free(js->tick);
    free(js);
}
