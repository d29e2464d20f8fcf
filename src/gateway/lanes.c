#include "gateway/lanes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"

TAILQ_HEAD(lane_queue, task);

struct lane {
    char *api, *model; // NULL: of all tasks without a ceiling
    int at_once;       // 0: no ceiling
    int running;
    struct lane_queue queue;
    LIST_ENTRY(lane) link;
};

struct lanes {
    LIST_HEAD(, lane) all;
    uint64_t turns; // that were given out
};

struct lanes *lanes_new(void)
{
    struct lanes *ls = xcalloc(1, sizeof *ls);
    LIST_INIT(&ls->all);
    return ls;
}

static void lane_free(struct lane *l)
{
    LIST_REMOVE(l, link);
    free(l->api);
    free(l->model);
    free(l);
}

void lanes_free(struct lanes *ls)
{
    if (!ls)
        return;
    struct lane *l;
    while ((l = LIST_FIRST(&ls->all)) != NULL)
        lane_free(l);
    free(ls);
}

static bool fits(const struct lane *l, const struct task *t)
{
    if (!l->api || t->at_once == 0)
        return !l->api && t->at_once == 0;
    return strcmp(l->api, t->api) == 0 && strcmp(l->model, t->model) == 0;
}

static struct lane *lane_of(struct lanes *ls, const struct task *t)
{
    struct lane *l;
    LIST_FOREACH(l, &ls->all, link)
    if (fits(l, t))
        return l;
    l = xcalloc(1, sizeof *l);
    if (t->at_once > 0) {
        l->api = xstrdup(t->api);
        l->model = xstrdup(t->model);
    }
    TAILQ_INIT(&l->queue);
    LIST_INSERT_HEAD(&ls->all, l, link);
    return l;
}

void lanes_push(struct lanes *ls, struct task *t)
{
    t->lane = lane_of(ls, t);
    t->lane->at_once = t->at_once; // the latest order knows best
    t->turn = ls->turns++;
    t->placed = false;
    TAILQ_INSERT_TAIL(&t->lane->queue, t, queue);
}

struct task *lanes_next(struct lanes *ls)
{
    struct task *best = NULL;
    const struct lane *l;
    LIST_FOREACH(l, &ls->all, link)
    {
        struct task *t = TAILQ_FIRST(&l->queue);
        if (t && (l->at_once == 0 || l->running < l->at_once) &&
            (!best || t->turn < best->turn))
            best = t;
    }
    if (best) {
        TAILQ_REMOVE(&best->lane->queue, best, queue);
        best->lane->running++;
        best->placed = true;
    }
    return best;
}

void lanes_leave(struct task *t)
{
    struct lane *l = t->lane;
    if (!l)
        return;
    if (t->placed)
        l->running--;
    else
        TAILQ_REMOVE(&l->queue, t, queue);
    t->lane = NULL;
    t->placed = false;
    if (l->running == 0 && TAILQ_EMPTY(&l->queue))
        lane_free(l);
}

bool lanes_throttle(const struct task *t)
{
    const struct lane *l = t->lane;
    if (!l || t->placed || l->at_once == 0)
        return false;
    int places = l->at_once - l->running;
    const struct task *other = TAILQ_FIRST(&l->queue);
    for (; other && places > 0; places--) {
        if (other == t)
            return false;
        other = TAILQ_NEXT(other, queue);
    }
    return true;
}
