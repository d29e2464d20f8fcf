#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/run.h"
#include "cli/state.h"
#include "report/events.h"

// What a run would do about a purchase: buy it, place its clip, wait for it,
// listen for its answer, or nothing, as its cell says.
enum plan_of { PLAN_BUY, PLAN_HAVE, PLAN_OPEN, PLAN_UNKNOWN, PLAN_NOTHING };

// A dry run: the whole recipe, scripts included, without money or network.
struct plan {
    struct loaded *loaded;
    const struct options *options;
    struct state state;
    struct loop *loop;
    struct ledger *ledger; // NULL: there is none yet
    struct engine *engine;
    struct script *script;
    struct cells *cells;
    struct summary summary;
    uint64_t n[PLAN_NOTHING + 1]; // purchases
};

static enum plan_of plan_of(const struct purchase *purchase)
{
    enum attempt_state found = purchase_found(purchase);
    if (purchase_failure_kind(purchase))
        return PLAN_NOTHING;
    if (purchase_was_bought_now(purchase))
        return PLAN_BUY;
    if (found == ATTEMPT_UNKNOWN || found == ATTEMPT_SUBMITTING)
        return PLAN_UNKNOWN;
    return found == ATTEMPT_DELIVERED ? PLAN_HAVE : PLAN_OPEN;
}

static void on_note(void *arg, enum engine_note note,
                    const struct purchase *purchase, const char *text)
{
    struct plan *plan = arg;
    if (note == ENGINE_SHARED) {
        log_warn("%s shares its purchase with cells that ask for the same",
                 purchase_cell(purchase));
    } else if (note == ENGINE_WARNING) {
        log_warn("%s", text);
    } else if (note == ENGINE_CHANGED && purchase_settled(purchase)) {
        enum plan_of what = plan_of(purchase);
        plan->n[what]++;
        if (what == PLAN_BUY)
            summary_bought(&plan->summary, purchase_price(purchase));
    }
}

static void say_output(const struct cell_output *output)
{
    static const char *const words[] = {
        [PLAN_HAVE] = "there already",
        [PLAN_OPEN] = "on its way",
        [PLAN_UNKNOWN] = "perhaps bought",
        [PLAN_NOTHING] = "",
    };
    struct buf price;
    buf_init(&price, 64);
    enum plan_of what = plan_of(output->purchase);
    if (what != PLAN_BUY)
        buf_str(&price, words[what]);
    else if (purchase_price(output->purchase) < 0)
        buf_str(&price, "price unknown");
    else
        credits_text(purchase_price(output->purchase), &price);
    printf("  %-14s %s\n", price.data, output->shown);
    buf_free(&price);
}

// As of a run, but for what only a run knows.
static struct value *event_of(const struct cell_report *report)
{
    static const char *const words[] = {
        [PLAN_BUY] = "buy",         [PLAN_HAVE] = "have",
        [PLAN_OPEN] = "open",       [PLAN_UNKNOWN] = "unknown",
        [PLAN_NOTHING] = "nothing",
    };
    struct value *event = event_cell(report);
    const struct value *outputs = value_get(event, "outputs");
    for (size_t i = 0; i < report->n; i++) {
        struct value *output = outputs->list.items[i];
        enum plan_of what = plan_of(report->outputs[i].purchase);
        value_remove(output, "placed");
        value_set(output, "plan", value_str(words[what]));
        if (what == PLAN_HAVE)
            continue;
        value_remove(output, "task_id");
        value_remove(output, "sha256");
        value_remove(output, "bytes");
    }
    return event;
}

static void on_done(void *arg, const struct cell_report *report)
{
    struct plan *plan = arg;
    summary_cell(&plan->summary, report);
    if (plan->options->json) {
        event_say(event_of(report));
        return;
    }
    for (size_t i = 0; i < report->n; i++)
        say_output(&report->outputs[i]);
    if (!report->ok)
        log_error("%s: %s", report->name, report->message);
    if (report->traceback)
        load_say_traceback(report->traceback);
}

static bool open_engine(struct plan *plan, struct err *err)
{
    struct loaded *loaded = plan->loaded;
    state_find(&plan->state, loaded->dir);
    if (!state_has_its_ledger(&plan->state, err))
        return false;
    if (ledger_exists(plan->state.dir)) {
        plan->ledger = ledger_open_read(plan->state.dir, err);
        if (!plan->ledger)
            return false;
    }
    plan->loop = loop_new();
    struct engine_config config = {
        .loop = plan->loop,
        .ledger = plan->ledger,
        .clock = &clock_system,
        .state_dir = plan->state.dir,
        .run = "",
        .recipe = loaded->recipe->name,
        .base_dir = loaded->dir,
        .budget = -1,
        .retry_failed = plan->options->retry_failed,
        .retry = &plan->loaded->recipe->retry,
        .dry = true,
        .note = on_note,
        .arg = plan,
    };
    plan->engine = engine_new(&config, err);
    return plan->engine != NULL;
}

static bool open_cells(struct plan *plan, struct err *err)
{
    struct loaded *loaded = plan->loaded;
    struct script_config config = {
        .loop = plan->loop,
        .clock = &clock_system,
        .engine = plan->engine,
        .recipe = loaded->recipe,
        .gateway = &loaded->gateway,
        .recipe_dir = loaded->dir,
        .lua_dir = plan->options->lua_dir,
        .started_ms = clock_wall_ms(&clock_system),
        .dry = true,
        .context = loaded->context[0] ? loaded->context : NULL,
    };
    plan->script = script_new(&config, err);
    if (!plan->script ||
        !script_load(plan->script, loaded->script, loaded->script_len,
                     loaded->script_name, err))
        return false;
    struct cells_config cells = {
        .loop = plan->loop,
        .script = plan->script,
        .recipe = loaded->recipe,
        .run = "",
        .in_flight = 1, // in order, one after the other
        .first = plan->options->first,
        .root = plan->state.here ? NULL : plan->state.root,
        .dry = true,
        .done = on_done,
        .arg = plan,
    };
    plan->cells = cells_new(&cells);
    plan->summary.cells = cells_total(plan->cells);
    return true;
}

static void go(struct plan *plan)
{
    const struct gateway *gateway = &plan->loaded->gateway;
    if (!plan->options->json)
        printf("%s: %" PRIu64 " cell%s on %s\n", plan->loaded->recipe->name,
               plan->summary.cells, plan->summary.cells == 1 ? "" : "s",
               gateway->name);
    while (!cells_done(plan->cells)) {
        do {
            engine_step(plan->engine);
            cells_step(plan->cells);
        } while (script_run_ready(plan->script));
        if (!cells_done(plan->cells))
            loop_once(plan->loop, false);
    }
}

static void say_total_json(const struct plan *plan)
{
    const struct summary *summary = &plan->summary;
    struct value *v = value_map();
    value_set(v, "event", value_str("plan"));
    value_set(v, "exit", value_int(summary_exit(summary)));
    value_set(v, "cells", value_int((int64_t)summary->cells));
    value_set(v, "failed", value_int((int64_t)summary->failed));
    value_set(v, "bought", value_int((int64_t)plan->n[PLAN_BUY]));
    value_set(v, "have", value_int((int64_t)plan->n[PLAN_HAVE]));
    value_set(v, "open", value_int((int64_t)plan->n[PLAN_OPEN]));
    value_set(v, "unknown", value_int((int64_t)plan->n[PLAN_UNKNOWN]));
    if (!summary->price_unknown)
        value_set(v, "credits", value_real((double)summary->price / 1000));
    event_say(v);
}

// The dialect's prices are not what the user's own service may ask.
static void say_whose_prices(const struct gateway *gateway, struct buf *out)
{
    const char *as_of = gateway->dialect->as_of;
    if (as_of && !gateway->prices)
        buf_printf(out, " (prices of %s, for orientation)", as_of);
}

static void say_total(const struct plan *plan)
{
    const struct summary *summary = &plan->summary;
    struct buf out;
    buf_init(&out, 1024);
    if (summary->bought == 0)
        buf_str(&out, "nothing to buy");
    else
        buf_printf(&out, "%" PRIu64 " to buy%s", summary->bought,
                   summary->price_unknown ? ", price unknown (say prices: "
                                            "under the gateway)"
                                          : " for ");
    if (summary->bought > 0 && !summary->price_unknown) {
        credits_text(summary->price, &out);
        say_whose_prices(&plan->loaded->gateway, &out);
    }
    buf_printf(&out, ", %" PRIu64 " there already", plan->n[PLAN_HAVE]);
    if (plan->n[PLAN_OPEN] > 0)
        buf_printf(&out, ", %" PRIu64 " on the way", plan->n[PLAN_OPEN]);
    if (plan->n[PLAN_UNKNOWN] > 0)
        buf_printf(&out, ", %" PRIu64 " perhaps bought", plan->n[PLAN_UNKNOWN]);
    puts(out.data);
    buf_free(&out);
}

int plan_loaded(struct loaded *loaded, const struct options *options)
{
    struct plan plan = {.loaded = loaded, .options = options};
    struct err err = {0};
    int code;
    if (open_engine(&plan, &err) && open_cells(&plan, &err)) {
        go(&plan);
        if (options->json)
            say_total_json(&plan);
        else
            say_total(&plan);
        code = summary_exit(&plan.summary);
    } else {
        code = load_say_err(&err, options->json);
    }
    script_free(plan.script);
    cells_free(plan.cells);
    engine_free(plan.engine);
    ledger_close(plan.ledger);
    if (plan.loop)
        loop_free(plan.loop);
    state_free(&plan.state);
    return code;
}
