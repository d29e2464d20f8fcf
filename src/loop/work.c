// The thread pool.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

struct work {
    uv_work_t uv;
    struct loop *loop;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void in_thread(uv_work_t *uv)
{
    struct work *work = uv->data;
    work->work(work->arg);
}

static void on_loop(uv_work_t *uv, int status)
{
    (void)status; // nothing here cancels work
    struct work *work = uv->data;
    work->loop->working--;
    work->done(work->arg);
    free(work);
}

void loop_work(struct loop *loop, void (*work)(void *arg),
               void (*done)(void *arg), void *arg)
{
    struct work *job = xcalloc(1, sizeof(*job));
    job->uv.data = job;
    job->loop = loop;
    job->work = work;
    job->done = done;
    job->arg = arg;
    loop->working++;
    int code = uv_queue_work(&loop->uv, &job->uv, in_thread, on_loop);
    if (code != 0)
        loop_defect("cannot use the thread pool", code);
}
