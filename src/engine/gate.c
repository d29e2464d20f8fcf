#include "engine/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/account.h"
#include "engine/callback.h"
#include "engine/flow.h"
#include "engine/list.h"
#include "engine/purchase.h"
#include "engine/timing.h"

#define IN_FLIGHT 4
#define OTHERS_FRESH_MS 500
#define OTHERS_AGAIN_MS 1000
#define LOOPBACK "127.0.0.1"
#define NO_CALLBACK "https://example.com/webhook"

static void on_timer(void *arg)
{
    (void)arg; // engine_step() looks at every gate
}

struct gate *gate_of(struct engine *engine, const struct gateway *gateway)
{
    struct gate **at = &engine->gates;
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->gateway->identity, gateway->identity) == 0)
            return *at;
    struct gate *gate = xcalloc(1, sizeof(*gate));
    gate->engine = engine;
    gate->gateway = gateway;
    gate->others_ms = -1;
    gate->calls.known = gateway->local ? CALLS_COME : CALLS_UNKNOWN;
    bool near = gateway_is_near(gateway);
    gate->reach = near ? NET_REACH_ANY : NET_REACH_PUBLIC;
    int limit = engine->config.in_flight;
    if (limit <= 0)
        limit = gateway->in_flight > 0 ? gateway->in_flight : IN_FLIGHT;
    pace_init(&gate->pace, limit, near);
    closing_init(&gate->asks, near);
    gate->timer = loop_timer_new(engine->config.loop, on_timer, gate);
    gate->grace = loop_timer_new(engine->config.loop, timing_grace_over, gate);
    *at = gate;
    return gate;
}

void gate_free(struct gate *gate)
{
    list_free(gate->list);
    list_free_ours(gate->ours);
    account_free(gate->account);
    loop_timer_free(gate->timer);
    loop_timer_free(gate->grace);
    ending_free(&gate->ending);
    free(gate->url);
    free(gate->key);
    free(gate->found);
    free(gate);
}

// --- opening
static void wake_waiting(struct gate *gate)
{
    for (struct purchase *p; (p = line_take(&gate->waiting));)
        purchase_due(p, p->then);
}

static void set_ending(struct gate *gate, enum err_kind err, const char *kind,
                       const char *text)
{
    ending_free(&gate->ending);
    // Whatever kept us from starting it, it is the gateway that we lack.
    if (err == ERR_NONE || err == ERR_DEFECT)
        err = ERR_GATEWAY;
    gate->ending = (struct ending){xstrdup(kind), xstrdup(text), err};
}

static void shut(struct gate *gate, const char *kind)
{
    gate->state = GATE_SHUT;
    set_ending(gate, gate->err.kind, kind, gate->err.text);
    wake_waiting(gate);
}

static void open_now(struct gate *gate)
{
    gate->then = NULL;
    if (gate->err.kind != ERR_NONE) {
        shut(gate, "refused");
        return;
    }
    gate->recorded = true;
    gate->state = GATE_OPEN;
    gate->epoch++;
    wake_waiting(gate);
}

static void on_recorded(void *arg, const struct err *err)
{
    struct gate *gate = arg;
    gate->engine->pending--;
    gate->err = err ? *err : (struct err){.kind = ERR_NONE};
    gate->then = open_now;
    gate->due = true;
}

// "ADDR:PORT"; the address is borrowed from `spec` up to the colon.
static bool split_listen(const char *spec, char **host, int *port)
{
    const char *colon = spec ? strrchr(spec, ':') : NULL;
    char *end;
    long n = colon ? strtol(colon + 1, &end, 10) : -1;
    if (n < 0 || n > 65535 || *end)
        return false;
    *host = xstrndup(spec, (size_t)(colon - spec));
    *port = (int)n;
    return true;
}

static void listen_for(struct gate *gate)
{
    if (!gate_hears(gate) || gate->port)
        return;
    char *host = NULL;
    int port = 0;
    bool public = gate->gateway->callback_public_url;
    if (public && !split_listen(gate->gateway->callback_listen, &host, &port))
        host = NULL;
    struct err err;
    gate->port =
        listener_open(gate->engine, host ? host : LOOPBACK, port, &err);
    if (!gate->port)
        engine_say(gate->engine, ENGINE_WARNING, NULL, err.text);
    free(host);
    listener_open_old(gate->engine);
}

static bool take_key(struct gate *gate)
{
    const struct engine_config *config = &gate->engine->config;
    if (gate->gateway->local || gate->key || !config->key)
        return true;
    return config->key(config->arg, gate->gateway->origin, &gate->key,
                       &gate->err);
}

static void addressed(struct gate *gate)
{
    gate->then = NULL;
    struct engine *engine = gate->engine;
    if (gate->err.kind != ERR_NONE) {
        shut(gate, "network");
        return;
    }
    free(gate->url);
    gate->url = gate->found;
    gate->found = NULL;
    if (gate->started)
        engine_say(engine, ENGINE_GATEWAY_STARTED, NULL, gate->url);
    if (!take_key(gate)) {
        shut(gate, "auth");
        return;
    }
    listen_for(gate);
    if (gate->recorded) {
        open_now(gate);
        return;
    }
    engine->pending++;
    ledger_gateway(engine->config.ledger, gate->gateway->identity,
                   gate->gateway->origin, engine_wall(engine), on_recorded,
                   gate);
}

static void on_local(void *arg, const char *url, bool started,
                     const struct err *err)
{
    struct gate *gate = arg;
    gate->err = err ? *err : (struct err){.kind = ERR_NONE};
    free(gate->found);
    gate->found = xstrdup(url);
    gate->started = started;
    gate->then = addressed;
    gate->due = true;
}

static void begin(struct gate *gate)
{
    struct engine *engine = gate->engine;
    gate->state = GATE_OPENING;
    gate->err = (struct err){.kind = ERR_NONE};
    if (!gate->gateway->local) {
        gate->found = xstrdup(gate->gateway->url);
        addressed(gate);
        return;
    }
    if (!engine->local) {
        struct local_spec spec = {.loop = engine->config.loop,
                                  .clock = engine->config.clock,
                                  .state_dir = engine->state_dir,
                                  .program = engine->media_program,
                                  .more_args = engine->config.local_args,
                                  .faults = engine->config.local_faults,
                                  .done = on_local,
                                  .arg = gate};
        engine->local = local_new(&spec);
    }
    local_want(engine->local);
}

static void settle_shut(struct purchase *p)
{
    const struct ending *e = &p->gate->ending;
    char *text = xasprintf("%s; %s", e->text,
                           p->task_id ? "it is bought: run again to go on"
                           : p->state == ATTEMPT_UNKNOWN
                               ? "it may have been bought: run again"
                               : "nothing was bought");
    purchase_settle(p, e->err, e->kind, text);
}

enum gate_state gate_open(struct gate *gate)
{
    if (gate->state == GATE_CLOSED)
        begin(gate);
    return gate->state;
}

bool gate_need(struct purchase *p, purchase_fn *then)
{
    struct gate *gate = p->gate;
    if (gate->state == GATE_OPEN)
        return true;
    if (gate->state == GATE_SHUT) {
        settle_shut(p);
        return false;
    }
    p->then = then;
    line_add(&gate->waiting, p);
    if (gate->state == GATE_CLOSED)
        begin(gate);
    return false;
}

bool gate_lives(const struct gate *gate)
{
    const struct local *local = gate->engine->local;
    return gate->gateway->local && local && local_lives(local);
}

bool gate_lost(struct purchase *p)
{
    return gate_lost_at(p->gate, p->epoch);
}

bool gate_lost_at(struct gate *gate, int epoch)
{
    if (!gate->gateway->local)
        return false;
    if (gate->state == GATE_OPEN && gate->epoch == epoch) {
        log_debug("the built-in gateway was lost; starting it again");
        gate->state = GATE_CLOSED;
    }
    return true;
}

void gate_refuse(struct gate *gate, enum err_kind err, const char *kind,
                 const char *text)
{
    set_ending(gate, err, kind, text);
    gate->refuses = true;
}

// --- the line of submits
static int64_t count_others(struct gate *gate)
{
    struct engine *engine = gate->engine;
    int64_t now = engine_now(engine);
    if (gate->others_ms >= 0 && now - gate->others_ms < OTHERS_FRESH_MS)
        return gate->others;
    struct err err;
    if (!ledger_count_open(engine->config.ledger, gate->gateway->identity,
                           engine->run, &gate->others, &err)) {
        log_warn("%s", err.text);
        gate->others = 0;
    }
    gate->others_ms = now;
    return gate->others;
}

static void pump(struct gate *gate)
{
    while (gate->submits.first && gate->n_submitting < SUBMITS_MAX &&
           account_known(gate)) {
        int64_t now = engine_now(gate->engine);
        int64_t others = count_others(gate);
        if (!pace_may(&gate->pace, others, now)) {
            int64_t closed = pace_closed_for(&gate->pace, now);
            loop_timer_start(gate->timer, closed ? closed : OTHERS_AGAIN_MS);
            return;
        }
        struct purchase *p = account_take(gate);
        if (!p)
            return;
        submit_begin(p);
    }
}

// --- the line of polls
bool gate_may_poll(struct purchase *p, purchase_fn *then)
{
    struct gate *gate = p->gate;
    bool first = !gate->polls.first || gate->turn == p;
    if (first && gate->n_polling < POLLS_MAX)
        return true;
    p->then = then;
    if (p->hint) // it has probably ended
        line_add_first(&gate->polls, p);
    else
        line_add(&gate->polls, p);
    return false;
}

void gate_polls(struct purchase *p)
{
    p->gate->n_polling += !p->polling;
    p->polling = true;
}

void gate_polled(struct purchase *p)
{
    p->gate->n_polling -= p->polling;
    p->polling = false;
}

static void pump_polls(struct gate *gate)
{
    struct purchase *p;
    while (gate->n_polling < POLLS_MAX && (p = line_take(&gate->polls))) {
        purchase_fn *then = p->then;
        if (p->settled || !then)
            continue; // it went another way
        gate->turn = p;
        p->then = NULL;
        then(p);
    }
    gate->turn = NULL;
}

// --- its turn
void gate_step(struct gate *gate)
{
    if (gate->due) {
        gate->due = false;
        gate->then(gate);
    }
    pump_polls(gate);
    if (!gate->submits.first)
        return;
    if (gate->engine->config.dry) {
        dry_pump(gate);
        return;
    }
    if (gate->state == GATE_SHUT || gate->refuses) {
        for (struct purchase *p; (p = line_take(&gate->submits));)
            if (!p->settled)
                settle_shut(p);
    } else if (gate->engine->paused) {
        return;
    } else if (gate->state == GATE_CLOSED) {
        begin(gate);
    } else if (gate->state == GATE_OPEN) {
        pump(gate);
    }
}

// --- questions
bool gate_asked_too_often(struct gate *gate, const struct answer *answer,
                          const char *kind, int64_t sent_ms)
{
    if (answer->result != NET_ANSWERED)
        return false;
    bool often = answer->status == 429 || (kind && strcmp(kind, "rate") == 0);
    if (often)
        closing_note(&gate->asks, sent_ms,
                     answer_retry_after(answer, engine_wall(gate->engine)),
                     engine_now(gate->engine));
    else
        closing_answered(&gate->asks);
    return often;
}

int64_t gate_ask_wait(const struct gate *gate)
{
    return closing_wait(&gate->asks, engine_now(gate->engine));
}

bool gate_may_ask(struct purchase *p, purchase_fn *then)
{
    int64_t wait = gate_ask_wait(p->gate);
    if (wait <= 0)
        return gate_need(p, then) && gate_may_poll(p, then);
    purchase_after(p, wait, then);
    return false;
}

// --- callbacks
bool gate_hears(const struct gate *gate)
{
    const struct gateway *g = gate->gateway;
    return gateway_is_near(g) || g->callback_public_url;
}

char *gate_callback_url(const struct gate *gate, const char *token, int port)
{
    const struct gateway *g = gate->gateway;
    if (g->callback_public_url)
        return xasprintf("%s/cb/%s", g->callback_public_url, token);
    if (gateway_is_near(g) && port)
        return xasprintf("http://" LOOPBACK ":%d/cb/%s", port, token);
    return xstrdup(g->callback_url ? g->callback_url : NO_CALLBACK);
}
