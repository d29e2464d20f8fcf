// What a run would do: a dry one, told.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/dry.h"
#include "cli/held.h"
#include "cli/lock_plan.h"
#include "cli/run.h"
#include "data/json.h"
#include "report/changes.h"
#include "report/events.h"
#include "report/summary.h"

#define CELL_TEXT_MAX ((size_t)64 << 20)
#define PROGRESS_MS 250

struct plan {
    const struct loaded *loaded;
    const struct options *options;
    struct dry *dry;
    struct held held;
    struct lock_plan *lock; // beside the recipe; or NULL
    bool shows_progress;
    int64_t shown_ms;
    uint64_t done;
};

// --- why a cell is bought that was bought before

// Several of one route cannot be told apart: which of them was which?
static bool is_alone(const struct cell_report *report,
                     const struct purchase *purchase)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n_purchases; i++)
        n += strcmp(purchase_route(report->purchases[i]),
                    purchase_route(purchase)) == 0;
    return n == 1;
}

static void add_change(struct buf *out, const char *name, const char *was,
                       const char *is)
{
    if (strcmp(was, is) != 0)
        buf_printf(out, "%s%s %s → %s", out->len ? ", " : "", name, was, is);
}

static void differences(const struct purchase_row *row,
                        const struct purchase *purchase, struct buf *out)
{
    char was[24], is[24];
    struct value *request =
        json_read(row->request, strlen(row->request), JSON_LENIENT, NULL);
    changes_text(request, purchase_named(purchase), out);
    value_free(request);
    add_change(out, "gateway", row->gateway,
               purchase_gateway(purchase)->identity);
    snprintf(was, sizeof(was), "%d", row->take);
    snprintf(is, sizeof(is), "%d", purchase_take(purchase));
    add_change(out, "take", was, is);
}

static char *on_why(void *arg, const struct cell_report *report,
                    const struct purchase *purchase)
{
    const struct plan *plan = arg;
    struct ledger *ledger = dry_ledger(plan->dry);
    struct purchase_row row = {0};
    struct buf out;
    struct err err;
    bool found = false;
    if (!ledger || !is_alone(report, purchase) ||
        !ledger_find_last(ledger, plan->loaded->recipe->name, report->name,
                          purchase_route(purchase), &row, &found, &err) ||
        !found)
        return NULL;
    buf_init(&out, CELL_TEXT_MAX);
    if (strcmp(row.fingerprint, purchase_fingerprint(purchase)) != 0)
        differences(&row, purchase, &out);
    else if (row.attempt.id)
        buf_printf(&out, "before: %s", attempt_state_name(row.attempt.state));
    purchase_row_free(&row);
    if (out.len > 0)
        return buf_take(&out);
    buf_free(&out);
    return NULL;
}

// --- cells

static void say_progress(struct plan *plan)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (!plan->shows_progress || now - plan->shown_ms < PROGRESS_MS)
        return;
    plan->shown_ms = now;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " cells\033[K", plan->done,
            dry_totals(plan->dry)->cells);
}

static void end_progress(const struct plan *plan)
{
    if (plan->shows_progress)
        fputs("\r\033[K", stderr);
}

static char *text_of(struct plan *plan, const struct cell_report *report)
{
    const struct plan_why why = {on_why, plan};
    struct buf out;
    buf_init(&out, CELL_TEXT_MAX);
    if (plan->options->json) {
        struct value *event = plan_cell_event(report, &why);
        json_write(event, &out);
        buf_byte(&out, '\n');
        value_free(event);
    } else {
        plan_cell_text(report, &why, plan->options->requests, &out);
    }
    return buf_take(&out);
}

static void on_cell(void *arg, const struct cell_report *report)
{
    struct plan *plan = arg;
    plan->done++;
    if (plan->lock)
        lock_plan_cell(plan->lock, report);
    held_say(&plan->held, report->nth, text_of(plan, report), stdout);
    say_progress(plan);
    if (plan->options->json)
        return;
    if (report->ok)
        return;
    end_progress(plan);
    log_error("%s: %s", report->name, report->message);
    if (report->traceback)
        load_say_traceback(report->traceback);
}

// --- all of it

static bool count_money(const struct plan *plan, struct plan_money *money,
                        struct err *err)
{
    const struct recipe *recipe = plan->loaded->recipe;
    const struct gateway *gateway = &plan->loaded->gateway;
    struct ledger *ledger = dry_ledger(plan->dry);
    *money = (struct plan_money){
        .gateway = gateway, .budget = {recipe->limits.budget, gateway->budget}};
    return !ledger ||
           (ledger_spent(ledger, recipe->name, &money->spent[0], err) &&
            ledger_spent_at(ledger, gateway->identity, &money->spent[1], err));
}

static void say_total(const struct plan *plan, const struct plan_money *money)
{
    const struct plan_totals *totals = dry_totals(plan->dry);
    struct buf out;
    if (plan->options->json) {
        event_say(plan_event(totals, money));
        return;
    }
    buf_init(&out, CELL_TEXT_MAX);
    plan_text(totals, money, &out);
    fputs(out.data, stdout);
    buf_free(&out);
}

static bool go(struct plan *plan, struct plan_money *money, struct err *err)
{
    const struct plan_totals *totals = dry_totals(plan->dry);
    if (!plan->options->json)
        printf("%s: %" PRIu64 " cell%s on %s\n", plan->loaded->recipe->name,
               totals->cells, totals->cells == 1 ? "" : "s",
               plan->loaded->gateway.name);
    plan->shows_progress =
        !plan->options->json && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    plan->shown_ms = clock_mono_ms(&clock_system);
    bool ok = dry_go(plan->dry, err);
    held_end(&plan->held, stdout);
    end_progress(plan);
    return ok && count_money(plan, money, err);
}

int plan_loaded(struct loaded *loaded, const struct options *options)
{
    struct plan plan = {.loaded = loaded, .options = options};
    struct dry_config config = {
        .loaded = loaded,
        .options = options,
        .ledger = true,
        .cell = on_cell,
        .arg = &plan,
    };
    struct plan_money money;
    struct err err = {0};
    int code;
    plan.dry = dry_new(&config, &err);
    if (plan.dry)
        plan.lock = lock_plan_new(options, dry_ledger(plan.dry));
    if (plan.dry && go(&plan, &money, &err)) {
        if (plan.lock && options->json) // the total comes last
            lock_plan_say(plan.lock);
        say_total(&plan, &money);
        if (plan.lock && !options->json)
            lock_plan_say(plan.lock);
        code = plan_exit(dry_totals(plan.dry), &money);
    } else {
        code = load_say_err(&err, options->json);
    }
    lock_plan_free(plan.lock);
    dry_free(plan.dry);
    return code;
}
