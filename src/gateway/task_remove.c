// Cancelling and deleting. The database decides what a task is, as it may be
// ending just now.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/input.h"
#include "gateway/task_internal.h"

struct removal {
    struct tasks *tasks;
    char id[TOKEN_UUID];
    int64_t updated_ms;
    enum task_removal what;
    void (*done)(void *arg, enum task_removal removal, const struct err *err);
    void *arg;
};

static bool removal_job(struct db *db, void *arg, struct err *err)
{
    struct removal *r = arg;
    return tasks_db_remove(db, r->id, r->updated_ms, &r->what, err);
}

static void removal_done(void *arg, const struct err *err)
{
    struct removal *r = arg;
    struct tasks *ts = r->tasks;
    struct task *t = err ? NULL : tasks_find_live(ts, r->id);
    if (!err && r->what != TASK_REMOVAL_NONE)
        asset_remove(ts->assets, r->id);
    ts->n_hidden += !err && r->what == TASK_REMOVED_HIDDEN;
    r->done(r->arg, err ? TASK_REMOVAL_NONE : r->what, err);
    if (t && r->what == TASK_REMOVED_HIDDEN)
        t->hidden = true;
    if (t && r->what == TASK_REMOVED_OPEN)
        tasks_apply(ts, t,
                    &(struct tasks_db_change){.state = TASK_CANCELLED,
                                              .msg = "cancelled",
                                              .updated_ms = r->updated_ms});
    free(r);
}

void tasks_cancel(struct tasks *ts, const char *id,
                  void (*done)(void *arg, enum task_removal removal,
                               const struct err *err),
                  void *arg)
{
    struct removal *r = xcalloc(1, sizeof *r);
    *r = (struct removal){.tasks = ts,
                          .updated_ms = clock_wall_ms(ts->clock),
                          .done = done,
                          .arg = arg};
    memcpy(r->id, id, strnlen(id, sizeof r->id - 1));
    db_write(ts->writer, removal_job, removal_done, r);
}
