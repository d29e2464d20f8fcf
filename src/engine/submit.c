// Buying: the row, then the POST, then the task_id on disk.

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/api.h"
#include "engine/flow.h"
#include "engine/frames.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "ledger/runs.h"

#define UNSENT_MAX 3
#define UNSENT_WITHIN_MS 10000
#define UNSENT_FIRST_MS 500
#define UNSENT_MOST_MS 4000
#define TOO_FAST_MAX 30
#define TOO_FAST_WARN 3
#define REASON_MAX 300
#define RECORD_AGAIN_MS 1000
#define RECORD_TRIES_MAX 10
#define NOTED_TRIES_MAX 3

// --- waiting for its turn
static void settle_stopped(struct purchase *p)
{
    purchase_settle(p, ERR_NONE, "stopped",
                    xstrdup("stopped before it was bought; run again to go "
                            "on"));
}

void submit_want(struct purchase *p)
{
    if (p->engine->stopped)
        settle_stopped(p);
    else if (!p->ordered)
        purchase_settle(p, ERR_NONE, "stopped",
                        xstrdup("it was not bought yet; run its recipe again "
                                "to buy it"));
    else
        line_add(&p->gate->submits, p);
}

static void want_first(struct purchase *p)
{
    if (p->engine->stopped)
        settle_stopped(p);
    else
        line_add_first(&p->gate->submits, p);
}

bool submit_waits(const struct purchase *p)
{
    bool in_line = p->in_line && !p->then && !p->due && !p->frames.then;
    return in_line || p->then == want_first;
}

void submit_enter_intent(struct purchase *p)
{
    purchase_release(p);
    if (p->engine->stopped)
        settle_stopped(p);
    else
        purchase_after(p, p->retry_ms, want_first);
}

// --- the row
static void end_call(struct purchase *p)
{
    if (p->has_call)
        dialect_call_free(&p->call);
    p->has_call = false;
}

static bool build_call(struct purchase *p, struct err *err)
{
    const struct gateway *gateway = p->gate->gateway;
    const struct dialect *dialect = gateway->dialect;
    const struct field_table *table = dialect->fields(dialect->ctx, p->route);
    struct value *send = files_send(&p->engine->files, table, p->request,
                                    p->named, p->frames.sources, err);
    if (!send)
        return false;
    char *url = gate_callback_url(p->gate, p->token, p->port);
    struct dialect_ctx ctx = api_ctx(p->gate, url);
    end_call(p);
    p->call = (struct dialect_call){0};
    p->has_call =
        dialect->submit(dialect->ctx, p->route, send, &ctx, &p->call, err);
    free(url);
    value_free(send);
    return p->has_call;
}

static void settle_over_budget(struct purchase *p,
                               const struct ledger_intent_result *r)
{
    const struct gateway *gateway = p->gate->gateway;
    int64_t budget = r->of_gateway ? gateway->budget : p->engine->config.budget;
    char *text = xasprintf(
        "the budget of %.15g credits%s%s does not allow it (%.15g are spent or "
        "reserved, it costs %.15g); it was not bought; raise %s to go on",
        (double)budget / 1000, r->of_gateway ? " for " : "",
        r->of_gateway ? gateway->name : "", (double)r->spent / 1000,
        (double)p->price / 1000,
        r->of_gateway ? "the gateway's budget" : "limits.budget");
    purchase_settle(p, ERR_NONE, "budget", text);
}

static void intended(struct purchase *p)
{
    p->writing = false;
    const struct ledger_intent_result *r = &p->intent;
    if (p->settled)
        return;
    if (p->err.kind != ERR_NONE) {
        purchase_settle_disk(p);
    } else if (r->taken) { // another run was faster
        end_call(p);
        purchase_release(p);
        resume_look(p);
    } else if (r->over_budget) {
        settle_over_budget(p, r);
    } else {
        p->attempt = r->attempt;
        p->mine = true;
        if (p->cancel == CANCEL_UNDER_WAY)
            cancel_unsent(p);
        else
            purchase_move(p, ATTEMPT_SUBMITTING, NULL);
    }
}

static void on_intended(void *arg, const struct err *err,
                        const struct ledger_intent_result *result)
{
    struct purchase *p = arg;
    p->engine->pending--;
    p->err = err ? *err : (struct err){.kind = ERR_NONE};
    p->intent = *result;
    purchase_due(p, intended);
}

static void intend(struct purchase *p)
{
    struct engine *engine = p->engine;
    bool free = p->cancel == CANCEL_UNDER_WAY; // it will never be sent
    struct ledger_intent intent = {
        .fingerprint = p->fingerprint,
        .gateway = p->gate->gateway->identity,
        .route = p->route,
        .request = p->canonical,
        .recipe = engine->recipe,
        .run = engine->run,
        .token = p->token,
        .cell = p->cell,
        .take = p->take,
        .callback_port = p->port,
        .price = p->price,
        .budget = free ? -1 : engine->config.budget,
        .gateway_budget = free ? -1 : p->gate->gateway->budget,
        .now_ms = engine_wall(engine),
    };
    p->writing = true;
    p->to = ATTEMPT_INTENT;
    engine->pending++;
    ledger_intend(engine->config.ledger, &intent, on_intended, p);
}

void submit_note(struct purchase *p)
{
    p->port = p->gate->port;
    token_make(p->token);
    intend(p);
}

static void prepared(struct purchase *p)
{
    struct err err;
    if (p->cancel == CANCEL_UNDER_WAY && p->attempt)
        cancel_unsent(p);
    else if (!build_call(p, &err))
        purchase_settle(p, ERR_RECIPE, "invalid",
                        xasprintf("%s; it was not bought", err.text));
    else if (p->attempt)
        purchase_move(p, ATTEMPT_SUBMITTING, NULL);
    else
        intend(p);
}

void submit_begin(struct purchase *p)
{
    // What it found out while it waited may have taken it another way.
    if (p->settled || p->writing || p->then)
        return;
    purchase_hold(p);
    if (!p->attempt) {
        p->port = p->gate->port;
        token_make(p->token);
    }
    index_set(&p->engine->by_token, p->token, p);
    frames_prepare(p, prepared);
}

// --- the answer
static char *clean(const char *text, const char *fallback)
{
    if (!text || !*text)
        text = fallback;
    return text_printable(text, strlen(text), REASON_MAX);
}

static void refuse(struct purchase *p, const char *kind, const char *reason,
                   enum err_kind err, char *text)
{
    char *wire = answer_wire(&p->answer);
    struct ledger_move with = {
        .price = -1, .kind = kind, .reason = reason, .wire = wire};
    p->posted = p->bought_now = false;
    purchase_move_end(p, ATTEMPT_REFUSED, &with, err, kind, text);
    free(wire);
}

static void back_to_intent(struct purchase *p, int64_t retry_ms)
{
    p->posted = p->bought_now = false;
    p->retry_ms = retry_ms;
    purchase_move(p, ATTEMPT_INTENT, NULL);
}

// Said at once, because trying again takes a while; by the first of many.
static void say_unreachable(struct purchase *p, const char *why)
{
    if (p->gate->unreachable)
        return;
    p->gate->unreachable = true;
    char *text = xasprintf("could not reach '%s' (%s); trying again",
                           purchase_where(p), why);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
}

static void try_again(struct purchase *p, const char *why)
{
    say_unreachable(p, why);
    back_to_intent(p, pace_back_off(p->unsent - 1, UNSENT_FIRST_MS,
                                    UNSENT_MOST_MS, engine_chance(p->engine)));
}

// What waits behind it would not arrive either.
static void refuse_unreachable(struct purchase *p, const char *why)
{
    char *text = xasprintf("could not reach '%s' (%s)", purchase_where(p), why);
    gate_refuse(p->gate, ERR_GATEWAY, "network", text);
    refuse(p, "network", why, ERR_GATEWAY,
           xasprintf("%s; nothing was bought; check its url, or run again when "
                     "it is up",
                     text));
    free(text);
}

static void on_not_sent(struct purchase *p)
{
    if (gate_lost(p)) { // its restarts are counted there
        back_to_intent(p, 0);
        return;
    }
    int64_t now = engine_now(p->engine);
    if (p->unsent++ == 0)
        p->unsent_ms = now;
    char *why = answer_said(&p->answer);
    if (p->unsent <= UNSENT_MAX && now - p->unsent_ms < UNSENT_WITHIN_MS)
        try_again(p, why);
    else
        refuse_unreachable(p, why);
    free(why);
}

static void on_unknown(struct purchase *p, const char *why)
{
    char *wire = answer_wire(&p->answer);
    struct ledger_move with = {
        .price = -1, .kind = "unknown", .reason = why, .wire = wire};
    pace_too_fast(&p->gate->pace, -1, engine_now(p->engine));
    log_warn("%s: '%s' did not say whether it was bought (%s); it is not sent "
             "again",
             purchase_cell(p), purchase_where(p), why);
    purchase_move(p, ATTEMPT_UNKNOWN, &with);
    free(wire);
}

static void on_bought(struct purchase *p, const char *task_id)
{
    char *wire = answer_wire(&p->answer);
    struct ledger_move with = {.price = -1, .task_id = task_id, .wire = wire};
    pace_accepted(&p->gate->pace);
    free(p->claim);
    p->claim = xstrdup(task_id);
    purchase_move(p, ATTEMPT_ACCEPTED, &with);
    free(wire);
}

// Said once a gateway, when it begins to take long.
static void say_put_off(struct purchase *p, const char *reason)
{
    if (p->gate->put_off || p->too_fast != TOO_FAST_WARN)
        return;
    p->gate->put_off = true;
    char *said = answer_said(&p->answer);
    char *why = clean(reason, said);
    char *text =
        xasprintf("'%s' puts it off again and again (%s); still trying",
                  purchase_where(p), why);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
    free(why);
    free(said);
}

// Not bought, and how often it was put off is not its fault.
static bool put_off(struct purchase *p, const char *reason)
{
    const char *header = answer_header(&p->answer, "retry-after");
    pace_too_fast(&p->gate->pace, pace_retry_after(header),
                  engine_now(p->engine));
    if (++p->too_fast > TOO_FAST_MAX)
        return false;
    say_put_off(p, reason);
    back_to_intent(p, 0);
    return true;
}

// It has no such route: its address is wrong, not the request.
static bool is_elsewhere(long status)
{
    return status == 404 || status == 405;
}

static const char *next_step(const char *kind, long status)
{
    static const struct {
        const char *kind, *step;
    } steps[] = {
        {"auth", "check the key in the configuration and run again"},
        {"credits", "add credits there and run again"},
        {"daily", "run again tomorrow"},
        {"rate", "run again later"},
        {"invalid", "mend the request and run again"},
        {"refused", "mend the request and run again"},
    };
    if (is_elsewhere(status))
        return "check the gateway's url and prefix and run again";
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(kind, steps[i].kind) == 0)
            return steps[i].step;
    return "run again when that is settled";
}

static void on_refused(struct purchase *p,
                       const struct dialect_accepted *accepted)
{
    const char *kind = accepted->kind ? accepted->kind : "refused";
    if (strcmp(kind, "rate") == 0 && put_off(p, accepted->reason))
        return;
    char *said = answer_said(&p->answer);
    char *reason = clean(accepted->reason, said);
    bool auth = strcmp(kind, "auth") == 0;
    bool ours = !is_elsewhere(p->answer.status) &&
                (strcmp(kind, "invalid") == 0 || strcmp(kind, "refused") == 0);
    char *text =
        xasprintf("'%s' refused it (%s); nothing was bought; %s",
                  purchase_where(p), reason, next_step(kind, p->answer.status));
    if (auth || strcmp(kind, "daily") == 0) {
        char *why =
            xasprintf("'%s' refuses us (%s)", purchase_where(p), reason);
        gate_refuse(p->gate, ERR_GATEWAY, kind, why);
        free(why);
    }
    refuse(p, kind, reason, ours ? ERR_NONE : ERR_GATEWAY, text);
    free(reason);
    free(said);
}

static void on_answer(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_answer answer = answer_view(&p->answer);
    struct dialect_accepted accepted = {.bought = DIALECT_BOUGHT_UNKNOWN};
    struct err err = {.text = ""};
    bool ok = dialect->accepted(dialect->ctx, &answer, &accepted, &err);
    if (ok && accepted.bought == DIALECT_BOUGHT && accepted.task_id) {
        on_bought(p, accepted.task_id);
    } else if (ok && accepted.bought == DIALECT_NOT_BOUGHT) {
        on_refused(p, &accepted);
    } else {
        char *said = answer_said(&p->answer);
        char *why = clean(ok ? accepted.reason : err.text, said);
        on_unknown(p, why);
        free(why);
        free(said);
    }
    dialect_accepted_free(&accepted);
}

static void answered(struct purchase *p)
{
    end_call(p);
    switch (p->answer.result) {
    case NET_ANSWERED:
        p->gate->unreachable = false;
        on_answer(p);
        break;
    case NET_NOT_SENT:
        on_not_sent(p);
        break;
    case NET_MAYBE_SENT:
    case NET_STOPPED: {
        gate_lost(p);
        char *why = answer_said(&p->answer);
        on_unknown(p, why);
        free(why);
        break;
    }
    }
    answer_free(&p->answer);
}

void submit_enter_submitting(struct purchase *p)
{
    struct err err;
    if (p->engine->stopped || p->cancel == CANCEL_UNDER_WAY) {
        back_to_intent(p, 0);
        return;
    }
    p->posted = p->bought_now = true;
    if (!api_send(p, &p->call, true, answered, &err))
        refuse(p, "invalid", err.text, ERR_RECIPE,
               xasprintf("%s; it was not bought", err.text));
}

static void record_again(struct purchase *p)
{
    struct ledger_move with = {.price = -1, .task_id = p->claim};
    purchase_move(p, ATTEMPT_ACCEPTED, &with);
}

// The task is another purchase's: this one's is not known.
static void not_its_task(struct purchase *p)
{
    struct ledger_move with = {
        .price = -1, .kind = "unknown", .reason = p->err.text};
    log_error("%s: task %s: %s", purchase_cell(p), p->claim, p->err.text);
    p->hint = false; // a callback that named it would name it again
    if (p->state == ATTEMPT_UNKNOWN)
        unknown_enter(p);
    else
        purchase_move(p, ATTEMPT_UNKNOWN, &with);
}

static void settle_unrecorded(struct purchase *p)
{
    char *text =
        p->noted
            ? xasprintf("%s; task %s is bought, and noted beside the ledger: "
                        "mend that and run again to fetch it",
                        p->err.text, p->claim)
            : xasprintf("%s; task %s is bought, and nothing could be written "
                        "down: note it; when that is mended, "
                        "runway.wait(\"%s\") in a script fetches it",
                        p->err.text, p->claim, p->claim);
    purchase_settle(p, ERR_DISK, "disk", text);
}

// The answer names a task, but the ledger did not take it. A disk that is full
// may have room again soon, and nobody else may ever tell us this task_id.
void submit_not_recorded(struct purchase *p)
{
    if (p->err.kind == ERR_GATEWAY) {
        not_its_task(p);
        return;
    }
    struct engine *engine = p->engine;
    if (p->unrecorded == 0)
        log_error("%s: task %s of '%s' is bought, and could not be recorded "
                  "yet: %s",
                  purchase_cell(p), p->claim, purchase_where(p), p->err.text);
    p->noted = p->noted || run_note(engine->state_dir, engine->run, p->token,
                                    p->claim, NULL);
    if (p->unrecorded++ < (p->noted ? NOTED_TRIES_MAX : RECORD_TRIES_MAX)) {
        purchase_after(p, RECORD_AGAIN_MS, record_again);
        return;
    }
    settle_unrecorded(p);
}
