#include "cli/lock_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/lock.h"
#include "report/events.h"
#include "report/plan.h"
#include "report/summary.h"

#define LINES_MAX 10   // for people
#define EVENTS_MAX 100 // for programs
#define LINE_BYTES 16384

// One purchase that is not in the lock, or a cell that is not.
struct line {
    uint64_t index; // of its cell
    char *cell, *why;
    int64_t price; // thousandths; -1: not known, or nothing to pay
};

struct lock_plan {
    const struct options *options;
    struct ledger *ledger;
    char *path;
    struct lock *lock;
    bool *seen;
    struct line lines[EVENTS_MAX];
    size_t n;
    size_t differ; // cells
};

struct lock_plan *lock_plan_new(const struct options *options,
                                struct ledger *ledger)
{
    char *path =
        options->n_words > 0 ? lock_path(options->words[0]) : xstrdup("");
    int code;
    struct lock *lock =
        path_exists(path) ? lock_load(path, options->json, &code) : NULL;
    if (!lock) {
        free(path);
        return NULL;
    }
    struct lock_plan *plan = xcalloc(1, sizeof(*plan));
    plan->options = options;
    plan->ledger = ledger;
    plan->path = path;
    plan->lock = lock;
    plan->seen = xcalloc(lock_cells(lock) + 1, sizeof(*plan->seen));
    return plan;
}

void lock_plan_free(struct lock_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n; i++) {
        free(plan->lines[i].cell);
        free(plan->lines[i].why);
    }
    lock_free(plan->lock);
    free(plan->seen);
    free(plan->path);
    free(plan);
}

// --- cells

// Takes `why`. In the order of cells, the first ones are kept.
static void add(struct lock_plan *plan, const struct cell_report *report,
                char *why, int64_t price)
{
    struct line line = {report->index, xstrdup(report->name), why, price};
    size_t i = plan->n;
    while (i > 0 && plan->lines[i - 1].index > line.index)
        i--;
    if (plan->n == EVENTS_MAX) {
        struct line last = i < plan->n ? plan->lines[plan->n - 1] : line;
        free(last.cell);
        free(last.why);
        if (i == plan->n)
            return;
        plan->n--;
    }
    memmove(plan->lines + i + 1, plan->lines + i,
            (plan->n - i) * sizeof(*plan->lines));
    plan->lines[i] = line;
    plan->n++;
}

static void add_purchase(struct lock_plan *plan,
                         const struct cell_report *report,
                         const struct purchase *p)
{
    bool costs = plan_course_of(p) == PLAN_BUY;
    char *why = lock_why(plan->lock, plan->ledger, report->name, p);
    add(plan, report, why ? why : xstrdup("another purchase"),
        costs ? purchase_price(p) : -1);
}

void lock_plan_cell(struct lock_plan *plan, const struct cell_report *report)
{
    size_t i, before = plan->differ;
    bool there = lock_find_cell(plan->lock, report->name, &i);
    if (there)
        plan->seen[i] = true;
    for (size_t k = 0; k < report->n_purchases; k++) {
        const struct purchase *p = report->purchases[k];
        if (there && lock_find(plan->lock, purchase_fingerprint(p)))
            continue;
        plan->differ = before + 1;
        add_purchase(plan, report, p);
    }
    if (plan->differ > before || (there && report->ok))
        return;
    plan->differ++;
    add(plan, report,
        report->ok ? xstrdup("it is not in it")
                   : xstrdup(report->kind ? report->kind : "it fails"),
        -1);
}

// --- what is said
static void write_line(const struct line *line, struct buf *out)
{
    buf_printf(out, "  %s: %s", line->cell, line->why);
    if (line->price > 0) {
        buf_str(out, ", ");
        credits_text(line->price, out);
    }
    buf_byte(out, '\n');
}

static bool is_whole(const struct lock_plan *plan)
{
    return plan->options->first == 0 && !plan->options->only;
}

static size_t count_gone(const struct lock_plan *plan, struct buf *out)
{
    size_t gone = 0;
    bool whole = is_whole(plan);
    for (size_t i = 0; whole && i < lock_cells(plan->lock); i++)
        if (!plan->seen[i] && ++gone <= LINES_MAX)
            buf_printf(out, "  %s: the recipe has no such cell any more\n",
                       lock_cell_name(plan->lock, i));
    if (gone > LINES_MAX)
        buf_printf(out, "  and %zu more such\n", gone - LINES_MAX);
    return gone;
}

static void say_lines(const struct lock_plan *plan)
{
    struct buf lines;
    buf_init(&lines, LINE_BYTES * EVENTS_MAX);
    for (size_t i = 0; i < plan->n && i < LINES_MAX; i++)
        write_line(&plan->lines[i], &lines);
    if (plan->n > LINES_MAX)
        buf_printf(&lines, "  and more, in %zu cells\n", plan->differ);
    size_t gone = count_gone(plan, &lines);
    if (plan->differ + gone == 0)
        printf("%s: as locked\n", plan->path);
    else
        printf("%s: %zu cell%s not as locked\n%s", plan->path,
               plan->differ + gone, plan->differ + gone == 1 ? "" : "s",
               lines.data);
    buf_free(&lines);
}

static struct value *line_value(const struct line *line)
{
    struct value *v = value_map();
    value_set(v, "cell", value_str(line->cell));
    value_set(v, "why", value_str(line->why));
    if (line->price >= 0)
        value_set(v, "credits", credits_value(line->price));
    return v;
}

static void say_event(const struct lock_plan *plan)
{
    struct value *event = value_map();
    bool whole = is_whole(plan);
    value_set(event, "event", value_str("lock"));
    value_set(event, "file", value_str(plan->path));
    struct value *differ = value_list(), *gone = value_list();
    for (size_t i = 0; i < plan->n; i++)
        value_add(differ, line_value(&plan->lines[i]));
    for (size_t i = 0; whole && i < lock_cells(plan->lock); i++)
        if (!plan->seen[i] && value_count(gone) < EVENTS_MAX)
            value_add(gone, value_str(lock_cell_name(plan->lock, i)));
    value_set(event, "same",
              value_bool(plan->differ == 0 && value_count(gone) == 0));
    value_set(event, "cells", value_int((int64_t)lock_cells(plan->lock)));
    value_set(event, "differ", differ);
    value_set(event, "gone", gone);
    event_say(event);
}

void lock_plan_say(const struct lock_plan *plan)
{
    if (plan->options->json)
        say_event(plan);
    else
        say_lines(plan);
}
