#include "gateway/due.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/mem.h"

#define PARTS 4 // of its way: what task_progress() tells of

struct due {
    struct dues *dues;
    struct task *task;
    double seconds;
    int64_t cost;
    struct loop_timer *timer;
    TAILQ_ENTRY(due) link;
};

struct dues {
    struct loop *loop;
    struct tasks *tasks;
    const struct clock *clock;
    int64_t latency_ms;
    TAILQ_HEAD(, due) all;
};

struct dues *dues_new(struct loop *loop, struct tasks *tasks,
                      const struct clock *clock, int64_t latency_ms)
{
    struct dues *ds = xmalloc(sizeof *ds);
    *ds = (struct dues){
        .loop = loop, .tasks = tasks, .clock = clock, .latency_ms = latency_ms};
    TAILQ_INIT(&ds->all);
    return ds;
}

static void due_free(struct due *d)
{
    d->task->due = NULL;
    TAILQ_REMOVE(&d->dues->all, d, link);
    loop_timer_free(d->timer);
    free(d);
}

void dues_free(struct dues *ds)
{
    if (!ds)
        return;
    struct due *d;
    while ((d = TAILQ_FIRST(&ds->all)) != NULL)
        due_free(d);
    free(ds);
}

void dues_drop(struct task *t)
{
    if (t->due)
        due_free(t->due);
}

// A clock that was set back before the task began says nothing of it.
static int64_t passed_ms(const struct dues *ds, const struct task *t)
{
    int64_t ms = clock_wall_ms(ds->clock) - t->created_ms;
    return ms < 0 || ms > ds->latency_ms ? ds->latency_ms : ms;
}

int dues_passed(const struct dues *ds, const struct task *t)
{
    int64_t ms = passed_ms(ds, t);
    return ms >= ds->latency_ms ? 1000 : (int)(ms * 1000 / ds->latency_ms);
}

static void tell(struct dues *ds, struct task *t)
{
    int passed = dues_passed(ds, t);
    task_progress(ds->tasks, t, passed >= 990 ? 99 : passed / 10);
}

// Until its next part is over: rounded up, as a timer too early is one more.
static int64_t wait_ms(const struct dues *ds, const struct task *t)
{
    int64_t passed = passed_ms(ds, t);
    int64_t part = passed * PARTS / ds->latency_ms + 1;
    return (part * ds->latency_ms + PARTS - 1) / PARTS - passed;
}

static void succeed(struct dues *ds, struct task *t, double seconds,
                    int64_t cost)
{
    log_info("gateway: %s succeeded", t->id);
    task_succeed(ds->tasks, t, seconds, cost);
}

static void on_due(void *arg)
{
    struct due *d = arg;
    struct dues *ds = d->dues;
    const struct due end = *d;
    tell(ds, d->task);
    if (dues_passed(ds, d->task) < 1000) {
        loop_timer_start(d->timer, wait_ms(ds, d->task));
        return;
    }
    due_free(d);
    succeed(ds, end.task, end.seconds, end.cost);
}

void dues_add(struct dues *ds, struct task *t, double seconds, int64_t cost)
{
    if (dues_passed(ds, t) == 1000) {
        succeed(ds, t, seconds, cost);
        return;
    }
    struct due *d = xmalloc(sizeof *d);
    *d = (struct due){.dues = ds, .task = t, .seconds = seconds, .cost = cost};
    d->timer = loop_timer_new(ds->loop, on_due, d);
    t->due = d;
    TAILQ_INSERT_TAIL(&ds->all, d, link);
    tell(ds, t);
    loop_timer_start(d->timer, wait_ms(ds, t));
}

void dues_look(struct dues *ds, struct task *t)
{
    if (t->due)
        tell(ds, t);
}
