#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/token.h"
#include "engine/callback.h"
#include "engine/fingerprint.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/learned.h"
#include "engine/leaving.h"
#include "engine/list.h"
#include "engine/memory.h"
#include "engine/order.h"
#include "engine/purchase.h"
#include "engine/route.h"
#include "ledger/settle.h"

#define CHECK_MS 60000

int64_t engine_now(const struct engine *engine)
{
    return clock_mono_ms(engine->config.clock);
}

int64_t engine_wall(const struct engine *engine)
{
    return clock_wall_ms(engine->config.clock);
}

// splitmix64: spreads the polls, nothing more.
double engine_chance(struct engine *engine)
{
    uint64_t z = engine->chance += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

void engine_say(struct engine *engine, enum engine_note note,
                const struct purchase *p, const char *text)
{
    if (engine->config.note)
        engine->config.note(engine->config.arg, note, p, text);
}

// --- life
static void on_quiet(void *arg)
{
    (void)arg; // engine_step() looks
}

struct engine *engine_new(const struct engine_config *config, struct err *err)
{
    struct net_client *net = NULL;
    if (!config->dry) {
        net = net_client_new(config->loop, err);
        if (!net)
            return NULL;
    }
    struct engine *engine = xcalloc(1, sizeof(*engine));
    engine->config = *config;
    engine->by_fingerprint.lent = true; // by each purchase, as the next
    engine->by_token.lent = engine->by_task.lent = true;
    engine->routes.lent = true; // by its item
    if (config->lock)
        engine->config.retry = NULL; // it would be bought again
    engine->state_dir = xstrdup(config->state_dir);
    engine->run = xstrdup(config->run);
    engine->recipe = xstrdup(config->recipe);
    engine->base_dir = xstrdup(config->base_dir);
    engine->media_program = xstrdup(config->media_program);
    engine->files.base_dir = engine->base_dir;
    engine->files.others = config->files;
    engine->net = net;
    engine->quiet_timer = loop_timer_new(config->loop, on_quiet, engine);
    if (!config->dry)
        engine->checker =
            checker_new(config->loop, engine->media_program, CHECK_MS);
    char token[TOKEN_HEX];
    token_make(token);
    if (!config->dry)
        list_find_dead(engine);
    engine->chance = strtoull(token + TOKEN_HEX - 1 - 16, NULL, 16);
    return engine;
}

static void drain(struct engine *engine)
{
    while (engine->pending > 0)
        loop_once(engine->config.loop, true);
}

static void on_taken_back(void *arg, const struct err *err)
{
    (void)err; // then it stays "may have been sent", which is safe
    struct engine *engine = arg;
    engine->pending--;
}

// It is on disk that we send it, and we do not: say so, lest the next run
// believes that it may have been bought.
static void take_back(struct purchase *p)
{
    struct engine *engine = p->engine;
    bool announced =
        p->writing && p->to == ATTEMPT_SUBMITTING && p->err.kind == ERR_NONE;
    if (!announced || !p->mine || p->posted)
        return;
    struct ledger_move move = {.attempt = p->attempt,
                               .from = ATTEMPT_SUBMITTING,
                               .to = ATTEMPT_INTENT,
                               .price = -1,
                               .now_ms = engine_wall(engine)};
    engine->pending++;
    ledger_move(engine->config.ledger, &move, on_taken_back, engine);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    for (struct purchase *p = engine->all; p; p = p->next)
        purchase_let_go(p);
    checker_free(engine->checker);
    listener_free(engine->listener);
    drain(engine);
    for (struct purchase *p = engine->all; p; p = p->next)
        take_back(p);
    drain(engine);
    local_free(engine->local);
    for (struct purchase *p = engine->all, *next; p; p = next) {
        next = p->next;
        purchase_free(p);
    }
    for (struct gate *gate = engine->gates, *next; gate; gate = next) {
        next = gate->next;
        gate_free(gate);
    }
    net_client_free(engine->net);
    loop_timer_free(engine->quiet_timer);
    files_free(&engine->files);
    index_free(&engine->by_fingerprint);
    index_free(&engine->by_task);
    index_free(&engine->by_token);
    index_free(&engine->dead);
    leaving_free(engine);
    index_free(&engine->took);
    learned_free(engine);
    index_free_items(&engine->routes);
    free(engine->time_unknown);
    memory_free(engine);
    free(engine->state_dir);
    free(engine->run);
    free(engine->recipe);
    free(engine->base_dir);
    free(engine->media_program);
    free(engine);
}

// --- its turn
static void step_purchase(struct purchase *p)
{
    if (p->polling && !p->exchange)
        gate_polled(p);
    if (p->due) {
        purchase_fn *then = p->then;
        p->due = false;
        p->then = NULL;
        then(p);
    }
    if (p->hint)
        poll_hint(p);
    bool dry = p->engine->config.dry;
    if (p->asked && dry)
        dry_asked(p);
    else if (p->asked)
        poll_asked(p);
    if (p->cancel == CANCEL_UNDER_WAY && dry)
        dry_cancel(p);
    else if (p->cancel == CANCEL_UNDER_WAY)
        cancel_step(p);
    if (p->changed || p->woken)
        purchase_tell(p);
    purchase_pack(p);
}

static void step_all(struct engine *engine)
{
    struct purchase *p = engine->due;
    engine->due = engine->due_last = NULL;
    for (struct purchase *next; p; p = next) {
        next = p->next_due;
        p->in_due = false;
        step_purchase(p);
    }
    for (struct gate *gate = engine->gates; gate; gate = gate->next) {
        gate_step(gate);
        list_step(gate);
    }
    fetch_pump(engine);
}

void engine_step(struct engine *engine)
{
    do
        step_all(engine);
    while (engine->due);
    if (!engine->config.dry)
        unknown_step(engine);
    while (engine->due)
        step_all(engine);
    leaving_step(engine);
}

// --- orders
static bool takes_seconds(const struct order *order)
{
    struct field_table table;
    struct err err;
    bool takes = false;
    if (route_fields(order->gateway, order->route, &table, &err))
        for (size_t i = 0; !takes && i < table.n; i++)
            takes = strcmp(table.fields[i].name, "seconds") == 0;
    return takes;
}

static bool refuse_unpriced(const struct order *order, struct err *err)
{
    const char *name = order->gateway->name;
    const char *model = value_text(order_said(
        order->gateway->dialect, order->route, order->request, "model"));
    if (!takes_seconds(order))
        return err_set(err, ERR_RECIPE,
                       "there is a budget, and what %s costs at '%s' is known "
                       "only afterwards; leave the budget out",
                       order->route, name);
    char *shown =
        text_printable(model ? model : "*", strlen(model ? model : "*"), 64);
    err_set(err, ERR_RECIPE,
            "there is a budget, and the price of this request at '%s' is not "
            "known; give the gateway 'prices: {%s: 5}' (credits a second of "
            "the clip, so say 'seconds'), or leave the budget out",
            name, shown);
    free(shown);
    return false;
}

// With a budget, what is to be bought must have a price; what was bought
// already needs none.
static bool price_will_do(struct engine *engine, const struct checked *checked,
                          const struct order *order, struct err *err)
{
    bool budget = engine->config.budget >= 0 || order->gateway->budget >= 0;
    if (!budget || checked->price >= 0)
        return true;
    if (engine->config.lock) // nothing is bought
        return true;
    struct purchase_row row = {0};
    bool found = false;
    if (engine->config.ledger &&
        !ledger_find(engine->config.ledger, checked->fingerprint, &row, &found,
                     err))
        return false;
    bool bought = !settle_leaves_to_buy(&row.attempt);
    purchase_row_free(&row);
    return bought || refuse_unpriced(order, err);
}

static struct purchase *share(struct purchase *p)
{
    if (!p->shared && p->ordered)
        engine_say(p->engine, ENGINE_SHARED, p, NULL);
    p->shared = p->shared || p->ordered;
    return p;
}

// Somebody has had it before, and the engine has let go of it.
static void share_again(struct purchase *p)
{
    if (leaving_was_here(p->engine, p->fingerprint, &p->shared))
        share(p);
}

static struct purchase *begin(struct engine *engine, const struct order *order,
                              struct checked *checked)
{
    struct gate *gate = gate_of(engine, order->gateway);
    struct purchase *p = purchase_new(engine, gate, checked->fingerprint);
    p->route = route_kept(engine, order->route);
    p->cell = xstrdup(order->cell);
    p->take = order->take;
    p->request = value_copy(order->request);
    p->named = checked->named;
    checked->named = NULL;
    if (value_equal(p->named, p->request)) {
        value_free(p->named);
        p->named = NULL;
    }
    p->price = p->asked_price = checked->price;
    p->least = checked->least;
    p->ordered = true;
    share_again(p);
    if (engine->config.dry)
        dry_look(p);
    else if (engine->config.lock)
        locked_look(p);
    else
        resume_look(p);
    return p;
}

struct purchase *engine_buy(struct engine *engine, const struct order *order,
                            struct err *err)
{
    struct checked checked;
    struct purchase *p = NULL;
    bool news, ok;
    if (!order_check(engine, order, &checked, err))
        return NULL;
    p = index_get(&engine->by_fingerprint, checked.fingerprint);
    ok = memory_check(engine, order, &checked, &news, err) &&
         (p || price_will_do(engine, &checked, order, err));
    if (ok && news)
        memory_note(engine, order, &checked);
    if (!ok)
        p = NULL;
    else
        p = p ? share(p) : begin(engine, order, &checked);
    checked_free(&checked);
    return p;
}

static struct purchase *find_recorded(struct engine *engine,
                                      const struct gateway *gateway,
                                      const char *task_id, struct err *err)
{
    struct purchase_row row = {0};
    bool found = false;
    if (engine->config.ledger &&
        !ledger_find_task(engine->config.ledger, gateway->identity, task_id,
                          &row, &found, err))
        return NULL;
    struct purchase *p =
        found ? index_get(&engine->by_fingerprint, row.fingerprint) : NULL;
    if (!found) {
        err_set(err, ERR_NONE, "no task %s of '%s' is known", task_id,
                gateway->name);
    } else if (!p) {
        p = resume_row(engine, gate_of(engine, gateway), &row);
        if (engine->config.dry)
            dry_look(p);
        else
            resume_look(p);
    }
    purchase_row_free(&row);
    return p;
}

struct purchase *engine_find_task(struct engine *engine,
                                  const struct gateway *gateway,
                                  const char *task_id, struct err *err)
{
    char *key = xasprintf("%s\n%s", gateway->identity, task_id);
    struct purchase *p = index_get(&engine->by_task, key);
    free(key);
    return p ? p : find_recorded(engine, gateway, task_id, err);
}

// --- a pause
bool engine_paused(const struct engine *engine)
{
    return engine->paused;
}

int64_t engine_paused_ms(const struct engine *engine)
{
    int64_t now = engine->paused ? engine_now(engine) : engine->paused_since;
    return engine->paused_before + now - engine->paused_since;
}

void engine_pause(struct engine *engine, bool on)
{
    if (engine->paused == on)
        return;
    int64_t now = engine_now(engine);
    if (!on) {
        engine->paused_before += now - engine->paused_since;
        for (struct purchase *p = engine->all; p; p = p->next)
            submit_forgive(p, now - engine->paused_since);
    }
    engine->paused = on;
    engine->paused_since = now;
}

// --- Ctrl-C

// Its link is to be renewed, and its gateway wants not to be asked.
static bool is_held(const struct purchase *p)
{
    return p->then == poll_now && gate_ask_wait(p->gate) > 0;
}

static void stop(struct purchase *p)
{
    if (p->settled || p->writing)
        return; // looked at when that is on disk
    switch (p->state) {
    case ATTEMPT_SUBMITTING:
    case ATTEMPT_READY:
    case ATTEMPT_FETCHING:
        if (!p->mine || is_held(p))
            purchase_settle_stopped(p);
        break;
    case ATTEMPT_INTENT:
        if (p->adopting)
            adopt_stop(p);
        else
            submit_want(p);
        break;
    case ATTEMPT_UNKNOWN:
        unknown_enter(p);
        break;
    case ATTEMPT_ACCEPTED:
    case ATTEMPT_RUNNING:
    case ATTEMPT_DELIVERED:
    case ATTEMPT_REFUSED:
    case ATTEMPT_FAILED:
    case ATTEMPT_CANCELLED:
    case ATTEMPT_FORGOTTEN:
        purchase_settle_stopped(p);
        break;
    }
}

void engine_stop(struct engine *engine)
{
    engine->stopped = true;
    for (struct purchase *p = engine->all; p; p = p->next)
        stop(p);
}

bool engine_writes(const struct engine *engine)
{
    return engine->pending > 0;
}

bool engine_quiet(const struct engine *engine)
{
    const size_t *unsettled = engine->unsettled;
    bool busy = engine->pending > 0 || unsettled[ATTEMPT_SUBMITTING] > 0 ||
                unsettled[ATTEMPT_READY] > 0 || unsettled[ATTEMPT_FETCHING] > 0;
    return engine->stopped && !busy;
}

bool engine_owes(const struct engine *engine)
{
    bool owes = false;
    for (struct purchase *p = engine->all; p && !owes; p = p->next)
        owes = p->state == ATTEMPT_ACCEPTED || p->state == ATTEMPT_RUNNING ||
               p->state == ATTEMPT_READY || p->state == ATTEMPT_FETCHING;
    return owes;
}
