// A POST whose outcome nobody told us. It is never sent again; what settles it
// is evidence: its own callback, believed once the service knows the task.

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/value.h"
#include "engine/callback.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"

#define CLAIMS_MAX 10
#define CLAIM_FIRST_MS 250
#define CLAIM_MOST_MS 10000

static void settle_unknown(struct purchase *p)
{
    purchase_settle(
        p, ERR_NONE, "unknown",
        xasprintf("'%s' did not say whether it was bought; it may have been, "
                  "and is not sent again; run again to listen for it, or see: "
                  "tarmac settle",
                  purchase_where(p)));
}

static void listen_now(struct purchase *p)
{
    if (p->hint)
        unknown_heard(p);
}

void unknown_enter(struct purchase *p)
{
    free(p->claim);
    p->claim = NULL;
    purchase_release(p);
    listener_open_also(p->engine, p->port);
    if (p->engine->stopped)
        settle_unknown(p);
    // Only a gateway that runs can call back, and this one runs for us.
    else if (!p->gate->gateway->local || gate_need(p, listen_now))
        listen_now(p);
}

static void confirm(struct purchase *p);

static void drop_claim(struct purchase *p)
{
    log_warn("%s: a callback names task %s, which '%s' does not know",
             purchase_cell(p), p->claim, purchase_where(p));
    free(p->claim);
    p->claim = NULL;
    purchase_rest(p);
    if (p->hint)
        unknown_heard(p);
}

static void confirmed(struct purchase *p)
{
    if (p->answer.result == NET_NOT_SENT && gate_lost(p)) {
        confirm(p);
        return;
    }
    struct dialect_status status;
    poll_read(p, &status);
    bool known =
        status.phase != DIALECT_NOT_FOUND && status.phase != DIALECT_NO_NEWS;
    dialect_status_free(&status);
    if (known) {
        struct ledger_move with = {.price = -1, .task_id = p->claim};
        p->hint = true; // it is likely to be done
        purchase_move(p, ATTEMPT_ACCEPTED, &with);
    } else if (++p->claims < CLAIMS_MAX) {
        purchase_after(p,
                       pace_back_off(p->claims - 1, CLAIM_FIRST_MS,
                                     CLAIM_MOST_MS, engine_chance(p->engine)),
                       confirm);
    } else {
        drop_claim(p);
    }
}

static void confirm(struct purchase *p)
{
    if (gate_need(p, confirm))
        poll_send(p, p->claim, confirmed);
}

void unknown_heard(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    p->hint = false;
    if (!p->heard || p->claim)
        return;
    char *task_id = dialect->callback(dialect->ctx, p->heard, p->heard_len);
    if (!task_id) {
        log_debug("%s: a callback names no task", purchase_cell(p));
        return;
    }
    p->claim = task_id;
    p->claims = 0;
    confirm(p);
}

// What can still be heard of, or is being asked for.
static bool may_be_heard(const struct purchase *p)
{
    return p->hint || p->then == resume_look ||
           listener_has(p->engine, p->port) ||
           p->gate->gateway->callback_public_url;
}

void unknown_step(struct engine *engine)
{
    if (!engine->unsettled || engine->unknown < engine->unsettled)
        return;
    bool may = false, asking = false;
    for (struct purchase *p = engine->all; p; p = p->next) {
        may = may || (!p->settled && may_be_heard(p));
        asking =
            asking || (!p->settled && (p->claim || p->in_line || p->writing));
    }
    int64_t wait =
        engine->news_ms + engine->config.unknown_wait_ms - engine_now(engine);
    if (asking)
        return;
    if (may && wait > 0) {
        loop_timer_start(engine->quiet_timer, wait);
        return;
    }
    for (struct purchase *p = engine->all; p; p = p->next)
        if (!p->settled)
            settle_unknown(p);
}
