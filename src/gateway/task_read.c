// What tasks are asked for: of those that live, in memory; of the others, on
// disk.

#include <string.h>

#include "gateway/task_internal.h"
#include "gateway/tasks_db.h"

static const struct task *as_it_is(struct tasks *ts, struct task *live)
{
    live->throttled = lanes_throttle(live);
    if (ts->look && live->state == TASK_RUNNING)
        ts->look(ts->look_arg, live);
    return live;
}

bool tasks_look(struct tasks *ts, const char *id,
                void (*see)(void *arg, const struct task *task), void *arg,
                struct err *err)
{
    err->kind = ERR_NONE;
    struct task *live = tasks_find_live(ts, id);
    if (live) {
        see(arg, as_it_is(ts, live));
        return true;
    }
    struct task row;
    if (!tasks_db_find(ts->db, id, &row, err))
        return false;
    see(arg, &row);
    task_clear(&row);
    return true;
}

struct looking {
    struct tasks *tasks;
    void (*see)(void *arg, const struct task *task);
    void *arg;
};

static void see_live(void *arg, const struct task *row)
{
    struct looking *l = arg;
    struct task *live = tasks_find_live(l->tasks, row->id);
    l->see(l->arg, live ? as_it_is(l->tasks, live) : row);
}

bool tasks_each(struct tasks *ts, int64_t skip, int64_t max,
                void (*see)(void *arg, const struct task *task), void *arg,
                struct err *err)
{
    struct looking l = {ts, see, arg};
    return tasks_db_list(ts->db, NULL, skip, max, see_live, &l, err);
}

static void add_listed(void *arg, const struct task *row)
{
    value_add(arg, task_listed(row));
}

struct value *tasks_list(struct tasks *ts, const char *api, int64_t page,
                         int64_t limit, struct err *err)
{
    int64_t total = ts->bought[tasks_api(api)];
    struct value *rows = value_list();
    struct looking l = {ts, add_listed, rows};
    if (!tasks_db_list(ts->db, api, (page - 1) * limit, limit, see_live, &l,
                       err)) {
        value_free(rows);
        return NULL;
    }
    struct value *v = value_map();
    value_set(v, "page", value_int(page));
    value_set(v, "limit", value_int(limit));
    value_set(v, "total", value_int(total));
    value_set(v, "tasks", rows);
    return v;
}

int64_t tasks_shown(const struct tasks *ts)
{
    int64_t n = -ts->n_hidden;
    for (size_t i = 0; i < TASK_STATES; i++)
        n += ts->counts[i];
    return n;
}

int64_t tasks_count(const struct tasks *ts, enum task_state state)
{
    return ts->counts[state];
}

int64_t tasks_bought_since(const struct tasks *ts, const char *api,
                           const char *model, int64_t wall_ms)
{
    return boughts_since(ts->boughts, api, model, wall_ms);
}

bool tasks_spent(struct tasks *ts, const char *api, int64_t *thousandths,
                 struct err *err)
{
    (void)err;
    *thousandths = *tasks_spent_of(ts, api);
    return true;
}

bool tasks_used(struct tasks *ts, const char *api, int64_t from_ms,
                int64_t to_ms,
                void (*each)(void *arg, const char *day, const char *model,
                             int64_t cost),
                void *arg, struct err *err)
{
    return tasks_db_used(ts->db, api, from_ms, to_ms, each, arg, err);
}
