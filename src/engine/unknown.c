// A POST whose outcome nobody told us. It is never sent again; what settles it
// is evidence: its own callback, or the service's list, believed once the
// service knows the task; or a list that shows that it did not arrive.

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/value.h"
#include "engine/account.h"
#include "engine/callback.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/list.h"
#include "engine/purchase.h"
#include "engine/trouble.h"

#define CLAIMS_MAX 10
#define CLAIM_FIRST_MS 250
#define CLAIM_MOST_MS 10000
#define HELD_A_MS 100 // purchases that may be looked at every millisecond

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
    list_want(p);
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
    if (p->answer->result == NET_NOT_SENT && gate_lost(p)) {
        confirm(p);
        return;
    }
    struct dialect_status status;
    poll_read(p, &status);
    bool known =
        status.phase != DIALECT_NOT_FOUND && status.phase != DIALECT_NO_NEWS;
    bool often =
        gate_asked_too_often(p->gate, p->answer, status.kind, p->polls.last_ms);
    dialect_status_free(&status);
    if (often && !known) {
        confirm(p);
    } else if (known) {
        struct ledger_move with = {.price = -1, .task_id = p->claim};
        p->hint = true; // it is likely to be done
        purchase_move(p, ATTEMPT_ACCEPTED, &with);
    } else if (++trouble_met(p)->claims < CLAIMS_MAX) {
        purchase_after(p,
                       pace_back_off(trouble_of(p)->claims - 1, CLAIM_FIRST_MS,
                                     CLAIM_MOST_MS, engine_chance(p->engine)),
                       confirm);
    } else {
        drop_claim(p);
    }
}

static void confirm(struct purchase *p)
{
    if (gate_may_ask(p, confirm))
        poll_send(p, p->claim, confirmed);
}

// Takes `task_id`.
static void claim(struct purchase *p, char *task_id)
{
    p->claim = task_id;
    trouble_met(p)->claims = 0;
    confirm(p);
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
    claim(p, task_id);
}

void unknown_listed(struct purchase *p, const char *task_id)
{
    claim(p, xstrdup(task_id));
}

void unknown_absent(struct purchase *p)
{
    static const char why[] = "the service's list shows that it did not arrive";
    struct ledger_move with = {.price = -1, .reason = why};
    log_warn("%s: %s; it is sent again", purchase_cell(p), why);
    if (p->posted)
        account_not_bought(p);
    p->posted = p->bought_now = false;
    purchase_count(p);
    struct trouble *trouble = trouble_met(p);
    trouble->absent_ms = trouble->retry_ms = 0;
    trouble->lists = 0;
    trouble->resent++;
    if (p->ordered)
        purchase_move(p, ATTEMPT_INTENT, &with);
    else
        purchase_move_end(p, ATTEMPT_INTENT, &with, ERR_NONE, "stopped",
                          xstrdup("it was not bought; run its recipe again to "
                                  "buy it"));
}

// What can still be heard of, or is being asked for.
static bool may_be_heard(const struct purchase *p)
{
    return p->hint || p->then == resume_look ||
           listener_has(p->engine, p->port) ||
           p->gate->gateway->callback_public_url;
}

// All of them are looked at: the more there are, the less often. True: not yet.
static bool too_soon(struct engine *engine)
{
    int64_t now = engine_now(engine);
    int64_t next = engine->looked_ms + (int64_t)(engine->held / HELD_A_MS);
    if (now < next)
        loop_timer_start(engine->quiet_timer, next - now);
    else
        engine->looked_ms = now;
    return now < next;
}

// While somebody waits for one that will tell how it is, there is time. A task
// that goes on after its cell gave up waiting is nobody's.
void unknown_step(struct engine *engine)
{
    if (!engine->unsettled[ATTEMPT_UNKNOWN] || engine->awaited > 0 ||
        too_soon(engine))
        return;
    bool may = false, asking = false, hopes = false;
    for (struct purchase *p = engine->all; p; p = p->next) {
        may = may || (!p->settled && may_be_heard(p));
        asking =
            asking || (!p->settled && (p->claim || p->in_line || p->writing));
        hopes = hopes || list_hopes(p);
    }
    int64_t wait =
        engine->news_ms + engine->config.unknown_wait_ms - engine_now(engine);
    if (asking)
        return;
    if (hopes) {
        list_say_wait(engine);
        return;
    }
    if (may && wait > 0) {
        loop_timer_start(engine->quiet_timer, wait);
        return;
    }
    for (struct purchase *p = engine->all; p; p = p->next)
        if (!p->settled && p->state == ATTEMPT_UNKNOWN)
            settle_unknown(p);
}
