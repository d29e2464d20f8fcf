// Buying: the row, then the POST. accept.c reads its answer.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/api.h"
#include "engine/fingerprint.h"
#include "engine/flow.h"
#include "engine/frames.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/trouble.h"
#include "ledger/sent.h"

#define URL_MOST 8192 // bytes; what is longer is a picture

// --- waiting for its turn
static void settle_stopped(struct purchase *p)
{
    purchase_settle(p, ERR_NONE, "stopped",
                    xstrdup("stopped before it was bought; run again to go "
                            "on"));
}

static bool may_be_bought(const struct purchase *p)
{
    return !p->engine->config.lock;
}

void submit_want(struct purchase *p)
{
    if (p->engine->stopped)
        settle_stopped(p);
    else if (!p->ordered)
        purchase_settle(p, ERR_NONE, "stopped",
                        xstrdup("it was not bought yet; run its recipe again "
                                "to buy it"));
    else if (!may_be_bought(p))
        locked_instead(p);
    else
        line_add(&p->gate->submits, p);
}

static void want_first(struct purchase *p)
{
    if (p->engine->stopped)
        settle_stopped(p);
    else if (!may_be_bought(p))
        locked_instead(p);
    else
        line_add_first(&p->gate->submits, p);
}

bool submit_waits(const struct purchase *p)
{
    bool in_line =
        p->in_line && !p->then && !p->due && !(p->frames && p->frames->then);
    return in_line || p->then == want_first;
}

void submit_forgive(struct purchase *p, int64_t paused_ms)
{
    if (!p->trouble)
        return;
    p->trouble->late_ms += paused_ms;
    p->trouble->unsent_ms += paused_ms;
}

void submit_enter_intent(struct purchase *p)
{
    purchase_release(p);
    if (p->engine->stopped)
        settle_stopped(p);
    else
        purchase_after(p, trouble_of(p)->retry_ms, want_first);
}

// --- the row
void submit_end_call(struct purchase *p)
{
    if (p->call)
        dialect_call_free(p->call);
    free(p->call);
    p->call = NULL;
}

// Not every dialect, and not every route of one, has a place for it.
static bool says(const struct value *body, const char *token)
{
    const char *text = value_text(body);
    bool found = text && body->string.len <= URL_MOST && strstr(text, token);
    if (body && body->type == VALUE_LIST)
        for (size_t i = 0; i < body->list.n && !found; i++)
            found = says(body->list.items[i], token);
    if (body && body->type == VALUE_MAP)
        for (size_t i = 0; i < body->map.n && !found; i++)
            found = says(body->map.members[i].value, token);
    return found;
}

static bool build_call(struct purchase *p, struct err *err)
{
    const struct gateway *gateway = p->gate->gateway;
    const struct dialect *dialect = gateway->dialect;
    const struct field_table *table = dialect->fields(dialect->ctx, p->route);
    struct value *send =
        files_send(&p->engine->files, table, purchase_request(p),
                   purchase_named(p), p->frames->sources, err);
    if (!send)
        return false;
    char *url = gate_callback_url(p->gate, p->token, p->port);
    struct dialect_ctx ctx = api_ctx(p->gate, url);
    submit_end_call(p);
    p->call = xcalloc(1, sizeof(*p->call));
    bool built =
        dialect->submit(dialect->ctx, p->route, send, &ctx, p->call, err);
    p->untold = !built || !says(p->call->body, p->token);
    free(url);
    value_free(send);
    p->was_packed = false; // it is looked at no more until it runs
    if (built)
        frames_free(p);
    else
        submit_end_call(p);
    return built;
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
    p->lacks_of_gateway = r->of_gateway;
    purchase_settle(p, ERR_NONE, "budget", text);
}

static void wait_in_line(struct purchase *p)
{
    submit_end_call(p);
    purchase_release(p);
    want_first(p);
}

// Other runs were faster: back into the line, until they have fewer.
static void wait_for_others(struct purchase *p, int64_t others)
{
    p->gate->others = others;
    p->gate->others_ms = engine_now(p->engine);
    wait_in_line(p);
}

static void intended(struct purchase *p)
{
    p->writing = false;
    const struct ledger_intent_result result = purchase_take_intent(p),
                                      *r = &result;
    if (p->settled)
        return;
    if (p->err.kind != ERR_NONE) {
        purchase_settle_disk(p);
    } else if (r->taken) { // another run was faster
        submit_end_call(p);
        purchase_release(p);
        resume_look(p);
    } else if (r->full) {
        wait_for_others(p, r->others);
    } else if (r->over_budget) {
        settle_over_budget(p, r);
    } else {
        p->attempt = r->attempt;
        p->mine = true;
        CRASH_POINT("after", "intent");
        if (p->cancel == CANCEL_UNDER_WAY)
            cancel_unsent(p);
        else if (p->engine->paused)
            wait_in_line(p);
        else
            purchase_move(p, ATTEMPT_SUBMITTING, NULL);
    }
}

static void on_intended(void *arg, const struct err *err,
                        const struct ledger_intent_result *result)
{
    struct purchase *p = arg;
    p->engine->pending--;
    purchase_note_err(p, err);
    purchase_note_intent(p, result);
    purchase_due(p, intended);
}

static void intend(struct purchase *p)
{
    struct engine *engine = p->engine;
    bool unsent = p->cancel == CANCEL_UNDER_WAY; // it will never be sent
    char *request = fingerprint_request(purchase_named(p));
    struct ledger_intent intent = {
        .fingerprint = p->fingerprint,
        .gateway = p->gate->gateway->identity,
        .route = p->route,
        .request = request,
        .recipe = engine->recipe,
        .run = engine->run,
        .token = p->token,
        .cell = p->cell,
        .take = p->take,
        .callback_port = p->port,
        .bought_max = p->bought_max,
        .in_flight = unsent ? 0 : p->gate->pace.limit,
        .own = p->gate->pace.own - 1,
        .price = p->price,
        .budget = unsent ? -1 : engine->config.budget,
        .gateway_budget = unsent ? -1 : p->gate->gateway->budget,
        .now_ms = engine_wall(engine),
    };
    p->writing = true;
    p->to = ATTEMPT_INTENT;
    engine->pending++;
    CRASH_POINT("before", "intent");
    ledger_intend(engine->config.ledger, &intent, on_intended, p);
    free(request);
}

void submit_note(struct purchase *p)
{
    purchase_lose_token(p);
    p->port = p->gate->port;
    token_make(p->token);
    intend(p);
}

static void prepared(struct purchase *p)
{
    struct err err;
    if (p->cancel == CANCEL_UNDER_WAY && p->attempt)
        cancel_unsent(p);
    else if (p->engine->paused && p->cancel != CANCEL_UNDER_WAY)
        wait_in_line(p);
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
    p->gate->n_submitting += !p->submitting;
    p->submitting = true;
    if (!p->attempt) {
        purchase_lose_token(p); // it may have been back in the line
        p->port = p->gate->port;
        token_make(p->token);
    }
    index_set(&p->engine->by_token, p->token, p);
    frames_prepare(p, prepared);
}

// --- the POST
void submit_again(struct purchase *p, int64_t retry_ms)
{
    p->posted = p->bought_now = false;
    purchase_count(p);
    trouble_met(p)->retry_ms = retry_ms;
    purchase_move(p, ATTEMPT_INTENT, NULL);
}

void submit_over(struct purchase *p)
{
    p->gate->n_submitting -= p->submitting;
    p->submitting = false;
}

static void answered(struct purchase *p)
{
    submit_over(p);
    submit_end_call(p);
    CRASH_POINT("after", "answer");
    accept_answered(p);
}

void submit_enter_submitting(struct purchase *p)
{
    struct err err;
    bool waits = p->engine->stopped || p->engine->paused;
    if (waits || p->cancel == CANCEL_UNDER_WAY) {
        submit_again(p, 0);
        return;
    }
    if (p->heard) { // then it did arrive, whatever a list said
        struct ledger_move with = {
            .price = -1, .kind = "unknown", .reason = "a callback came for it"};
        purchase_move(p, ATTEMPT_UNKNOWN, &with);
        return;
    }
    if (!sent_note(p->engine->state_dir, p->engine->run, p->token, p->attempt))
        log_debug("cannot note what is sent: %s", strerror(errno));
    p->posted = p->bought_now = true;
    purchase_count(p);
    p->sent_ms = engine_now(p->engine);
    if (!api_send(p, p->call, true, answered, &err))
        accept_refuse(p, "invalid", err.text, ERR_RECIPE,
                      xasprintf("%s; it was not bought", err.text));
}
