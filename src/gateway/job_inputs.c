// What an order brings: read from the body of its submit, and fetched from the
// network.

#include <stdlib.h>
#include <string.h>

#include "gateway/jobs_inside.h"

// --- inputs from the network

static bool fetches_left(const struct inputs *in)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->all[i].url)
            return true;
    return false;
}

static void wait_to_fetch(struct job *j)
{
    struct jobs *js = j->jobs;
    job_enter(j, JOB_HUNGRY);
    jobs_feed_hungry(js);
}

static void fetched(void *arg, const struct err *err)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    j->fetch = NULL;
    if (err)
        j->err = *err;
    if (!err)
        job_draw(j);
    else if (err->kind == ERR_DISK)
        job_stick(j, wait_to_fetch);
    else
        job_fail(j);
    jobs_kick(js);
}

static void start_fetching(struct job *j)
{
    struct jobs *js = j->jobs;
    job_enter(j, JOB_FETCHING);
    j->fetch = inputs_fetch(js->spec.client, &js->place, j->id, &j->inputs,
                            fetched, j, &j->err);
    if (!j->fetch)
        job_stick(j, wait_to_fetch);
}

// What has been fetched waits in memory for a renderer, so that not much may.
static bool may_fetch(const struct jobs *js)
{
    const int *in = js->in;
    return !js->stopped && in[JOB_FETCHING] < JOBS_FETCHES &&
           in[JOB_FETCHING] + in[JOB_DRAWING] < js->threads + JOBS_FETCHES;
}

void jobs_feed_hungry(struct jobs *js)
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

static void order_was_read(void *arg)
{
    struct job *j = arg;
    struct jobs *js = j->jobs;
    if (job_is_over(j))
        return;
    if (j->failed && j->err.kind == ERR_DISK)
        job_stick(j, job_read);
    else if (j->failed)
        job_fail(j);
    else if (fetches_left(&j->inputs))
        wait_to_fetch(j);
    else
        job_draw(j);
    jobs_kick(js);
}

void job_read(struct job *j)
{
    struct jobs *js = j->jobs;
    job_enter(j, JOB_READING);
    j->request = tasks_request(js->spec.tasks, j->id, &j->err);
    if (j->request)
        loop_pool_work(js->pool, read_order, order_was_read, j);
    else
        job_stick(j, job_read);
}
