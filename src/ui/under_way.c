#include "ui/under_way.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ledger/ledger.h"

#define KINDS_MAX 64
#define LEARN_AT_ONCE 4
#define KEY_MAX 300

struct task_kind {
    struct ledger_kind of; // its texts are owned
    struct eta_kind took;
    bool asked;
    struct task_kind *next;
};

// --- kinds

// As `plan` tells them apart.
static struct ledger_kind kind_of(const struct purchase *purchase)
{
    const struct value *request = purchase_request(purchase);
    struct ledger_kind kind = {
        .gateway = purchase_gateway(purchase)->identity,
        .route = purchase_route(purchase),
        .model = value_get_text(request, "model"),
        .seconds = -1,
    };
    value_number(value_get(request, "seconds"), &kind.seconds);
    return kind;
}

static struct task_kind *find_kind(struct under_way *all,
                                   const struct purchase *purchase)
{
    struct ledger_kind of = kind_of(purchase);
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%.100s\n%.64s\n%.17g\n%.100s", of.gateway,
             of.route ? of.route : "", of.seconds, of.model ? of.model : "");
    struct task_kind *kind = index_get(&all->by_kind, key);
    if (kind || all->n_kinds == KINDS_MAX)
        return kind;
    kind = xcalloc(1, sizeof(*kind));
    kind->of = (struct ledger_kind){.gateway = xstrdup(of.gateway),
                                    .route = xstrdup(of.route),
                                    .model = xstrdup(of.model),
                                    .seconds = of.seconds};
    kind->took.learned_ms = -1;
    kind->next = all->kinds;
    all->kinds = kind;
    all->n_kinds++;
    index_set(&all->by_kind, key, kind);
    return kind;
}

static void kind_free(struct task_kind *kind)
{
    free((char *)kind->of.gateway);
    free((char *)kind->of.route);
    free((char *)kind->of.model);
    free(kind);
}

static bool learn(struct ledger *ledger, struct task_kind *kind,
                  struct err *err)
{
    struct ledger_kind of = kind->of;
    if (!of.route)
        return true;
    if (of.seconds >= 0 &&
        !ledger_took(ledger, &of, &kind->took.learned_ms, err))
        return false;
    of.seconds = -1;
    return kind->took.learned_ms >= 0 ||
           ledger_took(ledger, &of, &kind->took.learned_ms, err);
}

void under_way_learn(struct under_way *all, struct ledger *ledger)
{
    int asked = 0;
    for (struct task_kind *kind = all->kinds; kind && asked < LEARN_AT_ONCE;
         kind = kind->next) {
        struct err err;
        if (kind->asked)
            continue;
        kind->asked = true;
        asked++;
        if (!learn(ledger, kind, &err))
            log_debug("%s", err.text);
    }
}

// --- lines

static enum task_class class_of(const struct purchase *purchase)
{
    switch (purchase_state(purchase)) {
    case ATTEMPT_INTENT:
        return TASK_WAITING;
    case ATTEMPT_SUBMITTING:
        return TASK_SUBMITTING;
    case ATTEMPT_ACCEPTED:
        return TASK_ACCEPTED;
    case ATTEMPT_RUNNING:
        return purchase_progress(purchase) >= 0 ? TASK_RENDERING : TASK_RUNNING;
    case ATTEMPT_READY:
    case ATTEMPT_FETCHING:
        return TASK_FETCHING;
    case ATTEMPT_UNKNOWN:
    case ATTEMPT_REFUSED:
    case ATTEMPT_FAILED:
    case ATTEMPT_CANCELLED:
    case ATTEMPT_FORGOTTEN:
    case ATTEMPT_DELIVERED:
        return TASK_UNKNOWN;
    }
    return TASK_UNKNOWN;
}

static void take_out(struct under_way *all, struct task *task)
{
    struct task_line *line = &all->lines[task->class];
    *(task->before ? &task->before->next : &line->first) = task->next;
    *(task->next ? &task->next->before : &line->last) = task->before;
    line->n--;
}

static void put_in(struct under_way *all, struct task *task,
                   enum task_class class)
{
    struct task_line *line = &all->lines[class];
    task->class = class;
    task->next = NULL;
    task->before = line->last;
    *(line->last ? &line->last->next : &line->first) = task;
    line->last = task;
    line->n++;
}

// One more task, or less, that does not wait.
static void count_cell(struct under_way *all, const struct task *task, int more)
{
    if (task->class == TASK_WAITING)
        return;
    const char *cell = purchase_cell(task->purchase);
    intptr_t had = (intptr_t)index_get(&all->cells, cell);
    if (had + more > 0)
        index_set(&all->cells, cell, (void *)(had + more));
    else
        index_remove(&all->cells, cell);
    all->running += had == 0 && more > 0;
    all->running -= had == 1 && more < 0;
}

// --- changes

static struct task *add(struct under_way *all, const struct purchase *purchase,
                        int64_t now_ms)
{
    struct task *task = xcalloc(1, sizeof(*task));
    task->purchase = purchase;
    task->state = ATTEMPT_INTENT;
    task->since_ms = now_ms;
    task->accepted_ms = -1;
    task->kind = find_kind(all, purchase);
    put_in(all, task, TASK_WAITING);
    purchase_show(purchase, task);
    all->n++;
    return task;
}

static void see(struct eta_kind *kind, int64_t ms)
{
    kind->n++;
    kind->sum_ms += ms;
}

// What an earlier run has sent was accepted who knows when.
static void end(struct under_way *all, struct task *task, int64_t now_ms)
{
    bool mine = purchase_was_bought_now(task->purchase);
    all->ended += mine;
    if (mine && task->accepted_ms >= 0 &&
        purchase_state(task->purchase) == ATTEMPT_DELIVERED) {
        see(&all->seen, now_ms - task->accepted_ms);
        if (task->kind)
            see(&task->kind->took, now_ms - task->accepted_ms);
    }
    count_cell(all, task, -1);
    take_out(all, task);
    purchase_show(task->purchase, NULL);
    all->n--;
    free(task);
}

static void move(struct under_way *all, struct task *task, int64_t now_ms)
{
    enum task_class class = class_of(task->purchase);
    bool accepted = class == TASK_RENDERING || class == TASK_RUNNING ||
                    class == TASK_FETCHING || class == TASK_ACCEPTED;
    if (!accepted)
        task->accepted_ms = -1; // it is bought again
    else if (task->accepted_ms < 0)
        task->accepted_ms = now_ms;
    if (class == task->class)
        return;
    count_cell(all, task, -1);
    take_out(all, task);
    put_in(all, task, class);
    count_cell(all, task, 1);
}

enum under_way_news under_way_note(struct under_way *all,
                                   const struct purchase *purchase,
                                   int64_t now_ms)
{
    struct task *task = purchase_shown(purchase);
    bool settled = purchase_settled(purchase);
    if (!task && settled)
        return NEWS_NONE;
    if (!task)
        task = add(all, purchase, now_ms);
    bool moved = task->state != purchase_state(purchase);
    if (moved) {
        task->state = purchase_state(purchase);
        task->since_ms = now_ms;
    }
    if (settled)
        end(all, task, now_ms);
    else
        move(all, task, now_ms);
    return moved ? NEWS_MOVED : NEWS_SAME;
}

void under_way_free(struct under_way *all)
{
    const struct task *task = under_way_first(all);
    while (task) {
        struct task *old = (struct task *)task;
        task = under_way_next(all, task);
        free(old);
    }
    for (struct task_kind *kind = all->kinds, *next; kind; kind = next) {
        next = kind->next;
        kind_free(kind);
    }
    index_free(&all->cells);
    index_free(&all->by_kind);
    *all = (struct under_way){0};
}

// --- looking

static const struct task *first_from(const struct under_way *all, size_t class)
{
    while (class < TASK_CLASSES && !all->lines[class].first)
        class ++;
    return class < TASK_CLASSES ? all->lines[class].first : NULL;
}

const struct task *under_way_first(const struct under_way *all)
{
    return first_from(all, 0);
}

const struct task *under_way_next(const struct under_way *all,
                                  const struct task *task)
{
    return task->next ? task->next : first_from(all, task->class + 1u);
}

void under_way_eta(const struct under_way *all, int64_t now_ms, struct eta *eta)
{
    struct eta_task *tasks = xcalloc(all->n + 1, sizeof(*tasks));
    int64_t sum = 0, known = 0;
    eta->n = 0;
    for (const struct task *task = under_way_first(all); task;
         task = under_way_next(all, task)) {
        int64_t took = eta_took(task->kind ? &task->kind->took : &all->seen);
        sum += took >= 0 ? took : 0;
        known += took >= 0;
        if (task->accepted_ms < 0)
            continue;
        tasks[eta->n++] =
            (struct eta_task){.took_ms = took,
                              .age_ms = now_ms - task->accepted_ms,
                              .progress = purchase_progress(task->purchase)};
    }
    eta->tasks = tasks;
    eta->usual_ms = known > 0 ? sum / known : eta_took(&all->seen);
}
