// Tasks from disk, at the beginning, and back, at the end.

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "gateway/input.h"
#include "gateway/task_internal.h"

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
    tasks_enter(ts, t);
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

static void add_bought(void *arg, const char *api, const char *model,
                       int64_t created_ms)
{
    struct tasks *ts = arg;
    boughts_add(ts->boughts, api, model, created_ms);
}

static bool count_bought(struct tasks *ts, struct err *err)
{
    static const char *const apis[TASK_APIS] = {"reverse", "official"};
    for (size_t i = 0; i < TASK_APIS; i++)
        if (!tasks_db_total(ts->db, apis[i], &ts->bought[i], err))
            return false;
    return tasks_db_bought(ts->db, clock_wall_ms(ts->clock) - BOUGHT_KEPT_MS,
                           add_bought, ts, err);
}

struct tasks *tasks_open(struct loop *loop, const char *dir,
                         const struct clock *clock, struct err *err)
{
    struct tasks *ts = xcalloc(1, sizeof *ts);
    ts->clock = clock;
    ts->assets = path_join(dir, "assets");
    ts->lanes = lanes_new();
    ts->boughts = boughts_new();
    ts->retry = loop_timer_new(loop, tasks_write_again, ts);
    TAILQ_INIT(&ts->again);
    TAILQ_INIT(&ts->over);
    char *path = path_join(dir, "tasks.db");
    ts->db = tasks_db_open(path, err);
    if (ts->db)
        ts->writer =
            db_writer_new(loop, path, TASKS_DB_ID, TASKS_DB_VERSION, err);
    free(path);
    if (ts->writer && tasks_db_count(ts->db, ts->counts, err) &&
        tasks_db_spent(ts->db, add_spent, ts, err) && count_bought(ts, err) &&
        tasks_db_removed(ts->db, sweep_removed, ts, err) &&
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
    tasks_forget_again(ts);
    loop_timer_free(ts->retry);
    for (size_t i = 0; i < TASK_BUCKETS; i++) {
        struct task *t;
        while ((t = LIST_FIRST(&ts->buckets[i])) != NULL)
            tasks_drop(ts, t);
    }
    lanes_free(ts->lanes);
    boughts_free(ts->boughts);
    if (ts->db)
        db_close(ts->db);
    free(ts->assets);
    free(ts);
}
