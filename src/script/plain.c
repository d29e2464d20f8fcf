#include "script/plain.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct plain {
    struct script_cell *cell;
    struct engine_watch watch;
    struct loop_timer *timer; // limits.timeout, once it has a task
    int64_t paused_ms;
    bool late, ready;
    struct plain *next_ready;
};

// --- who is ready
static void make_ready(struct plain *plain)
{
    struct script *script = plain->cell->script;
    if (plain->ready)
        return;
    plain->ready = true;
    plain->next_ready = NULL;
    if (script->last_plain)
        script->last_plain->next_ready = plain;
    else
        script->first_plain = plain;
    script->last_plain = plain;
}

static struct plain *take_ready(struct script *script)
{
    struct plain *plain = script->first_plain;
    script->first_plain = plain->next_ready;
    if (!script->first_plain)
        script->last_plain = NULL;
    plain->ready = false;
    return plain;
}

static void leave_ready(struct plain *plain)
{
    struct script *script = plain->cell->script;
    struct plain *before = NULL;
    for (struct plain *at = script->first_plain; at != plain;
         at = at->next_ready)
        before = at;
    *(before ? &before->next_ready : &script->first_plain) = plain->next_ready;
    if (script->last_plain == plain)
        script->last_plain = before;
}

static void on_change(struct engine_watch *watch)
{
    make_ready((struct plain *)((char *)watch - offsetof(struct plain, watch)));
}

static void on_late(void *arg)
{
    struct plain *plain = arg;
    int64_t paused = script_was_paused(plain->cell->script, &plain->paused_ms);
    if (paused > 0) {
        loop_timer_start(plain->timer, paused);
        return;
    }
    plain->late = true;
    make_ready(plain);
}

// --- life
void plain_start(struct script_cell *cell)
{
    cell->plain = xcalloc(1, sizeof(*cell->plain));
    cell->plain->cell = cell;
    cell->plain->watch.fn = on_change;
    make_ready(cell->plain);
}

void plain_free(struct plain *plain)
{
    if (!plain)
        return;
    if (plain->ready)
        leave_ready(plain);
    engine_unwatch(&plain->watch);
    loop_timer_free(plain->timer);
    free(plain);
}

// --- how it ends
static void end(struct script_cell *cell, struct script_result *result)
{
    result->purchases = cell->purchases;
    result->n_purchases = cell->n_purchases;
    cell->done(cell->arg, result);
    script_cell_free(cell);
}

static void fail(struct script_cell *cell, enum err_kind err, const char *kind,
                 const char *message, const char *task_id)
{
    // Words of the service, or of the ledger. The purchase, whose task_id this
    // may be, is kept until the cell is freed.
    char *shown = text_printable(message, strlen(message), SCRIPT_MESSAGE_MAX);
    struct script_result result = {
        .kind = kind, .message = shown, .task_id = task_id, .err = err};
    end(cell, &result);
    free(shown);
}

// What is refused before there is a purchase: a mistake of the recipe, or the
// state that cannot be read.
static void fail_order(struct script_cell *cell, const struct err *err)
{
    const char *kind = script_err_kind(err->kind);
    fail(cell, kind ? err->kind : ERR_RECIPE, kind ? kind : "script", err->text,
         NULL);
}

static void fail_late(struct script_cell *cell, const struct purchase *p)
{
    int64_t ms = cell->script->config.recipe->limits.timeout_ms;
    char *text = script_late_text(ms, purchase_task_id(p));
    fail(cell, ERR_NET, "timeout", text, purchase_task_id(p));
    free(text);
}

static void deliver(struct script_cell *cell, struct purchase *p)
{
    size_t n = purchase_clips(p);
    struct script_output *outputs = xcalloc(n + 1, sizeof(*outputs));
    char none[] = "";
    for (size_t i = 0; i < n; i++)
        outputs[i] = (struct script_output){none, p, i};
    struct script_result result = {.ok = true, .outputs = outputs, .n = n};
    end(cell, &result);
    free(outputs);
}

// --- its turn
static struct purchase *buy(struct script_cell *cell, struct err *err)
{
    const struct script_config *config = &cell->script->config;
    struct order order = {
        .gateway = config->gateway,
        .route = config->recipe->route,
        .request = cell->request,
        .take = cell->take,
        .cell = cell->name,
        .path = "1",
    };
    cell->generated++;
    value_remove(cell->request, "route");
    struct purchase *p = engine_buy(config->engine, &order, err);
    value_free(cell->request);
    cell->request = NULL; // the purchase has it
    if (p)
        cell_note_purchase(cell, p);
    return p;
}

static void wait_on(struct plain *plain, struct purchase *p)
{
    const struct script *script = plain->cell->script;
    if (!plain->timer && purchase_task_id(p)) {
        plain->timer = loop_timer_new(script->config.loop, on_late, plain);
        script_was_paused(script, &plain->paused_ms);
        loop_timer_start(plain->timer,
                         script->config.recipe->limits.timeout_ms);
    }
    if (!plain->watch.purchase)
        engine_watch(p, &plain->watch);
}

static void go_on(struct script_cell *cell)
{
    struct err err;
    struct purchase *p =
        cell->n_purchases ? cell->purchases[0] : buy(cell, &err);
    if (!p)
        fail_order(cell, &err);
    else if (purchase_settled(p) && purchase_failure_kind(p))
        fail(cell, purchase_failure_err(p), purchase_failure_kind(p),
             purchase_failure(p), purchase_task_id(p));
    else if (purchase_settled(p))
        deliver(cell, p);
    else if (cell->plain->late)
        fail_late(cell, p);
    else
        wait_on(cell->plain, p);
}

bool plain_run_ready(struct script *script)
{
    bool ran = script->first_plain;
    while (script->first_plain)
        go_on(take_ready(script)->cell);
    return ran;
}
