// Cancelling. What has finished must not be cancelled, because that can destroy
// a paid clip: so a task is read first, and read again afterwards.

#include <stdlib.h>

#include "base/mem.h"
#include "engine/api.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/trouble.h"

#define MISSES_MAX 3 // questions without an answer
#define READS_MAX 10 // after the call, until it is cancelled

static void decide(struct purchase *p, enum purchase_cancel how)
{
    p->cancel = how;
    purchase_wake(p);
}

static enum purchase_cancel how_it_ended(const struct purchase *p)
{
    if (p->state == ATTEMPT_CANCELLED)
        return CANCEL_DONE;
    return attempt_state_is_open(p->state) ? CANCEL_FAILED : CANCEL_TOO_LATE;
}

void purchase_cancel(struct purchase *p)
{
    if (p->cancel == CANCEL_UNDER_WAY || p->cancel == CANCEL_DONE)
        return;
    p->cancel_called = false;
    struct trouble *trouble = trouble_met(p);
    trouble->cancel_misses = trouble->cancel_reads = 0;
    p->cancel = CANCEL_UNDER_WAY;
    if (p->settled)
        p->cancel = how_it_ended(p);
    purchase_wake(p);
}

// --- not sent
void cancel_unsent(struct purchase *p)
{
    struct ledger_move with = {
        .price = -1, .kind = "cancelled", .reason = "before it was sent"};
    purchase_move_end(p, ATTEMPT_CANCELLED, &with, ERR_NONE, "cancelled",
                      xstrdup("cancelled before it was sent; nothing was "
                              "bought; --retry-failed buys it"));
}

// Another run has it, and moves it on.
static bool is_of_another(const struct purchase *p)
{
    return !p->mine && p->attempt && p->then == resume_look && !p->in_line &&
           !p->due;
}

static void step_intent(struct purchase *p)
{
    if (is_of_another(p))
        decide(p, CANCEL_FAILED);
    else if (!submit_waits(p))
        return; // looked at when what is under way is over
    else if (p->attempt)
        cancel_unsent(p);
    else
        submit_note(p);
}

// --- under way
static void step_task(struct purchase *p)
{
    if (is_of_another(p))
        decide(p, CANCEL_FAILED);
    else if (!p->gate->gateway->dialect->cancel)
        decide(p, CANCEL_NOT_OFFERED);
    else
        poll_soon(p);
}

void cancel_step(struct purchase *p)
{
    if (p->settled) {
        decide(p, how_it_ended(p));
        return;
    }
    if (p->writing)
        return;
    switch (p->state) {
    case ATTEMPT_INTENT:
        step_intent(p);
        break;
    case ATTEMPT_SUBMITTING: // its answer is on its way
        break;
    case ATTEMPT_ACCEPTED:
    case ATTEMPT_RUNNING:
        step_task(p);
        break;
    case ATTEMPT_UNKNOWN: // which task it is, if any, nobody knows
        decide(p, CANCEL_FAILED);
        break;
    case ATTEMPT_READY:
    case ATTEMPT_FETCHING:
    case ATTEMPT_DELIVERED:
    case ATTEMPT_REFUSED:
    case ATTEMPT_FAILED:
    case ATTEMPT_CANCELLED:
    case ATTEMPT_FORGOTTEN:
        decide(p, CANCEL_TOO_LATE);
        break;
    }
}

void cancel_missed(struct purchase *p)
{
    if (p->cancel == CANCEL_UNDER_WAY &&
        ++trouble_met(p)->cancel_misses >= MISSES_MAX)
        decide(p, CANCEL_FAILED);
}

static void answered(struct purchase *p)
{
    const struct answer *a = p->answer;
    p->cancel_agreed = a->result != NET_ANSWERED || a->status / 100 == 2;
    if (a->result == NET_NOT_SENT) {
        p->cancel_called = false;
        gate_lost(p);
        cancel_missed(p);
    } else if (p->cancel_agreed) {
        p->cancel_heard = true;
    }
    poll_plan(p);
}

static void call(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_ctx ctx = api_ctx(p->gate, "");
    struct dialect_call call = {0};
    struct err err;
    p->cancel_called = true;
    bool ok = dialect->cancel(dialect->ctx, p->task_id, &ctx, &call, &err) &&
              api_send(p, &call, false, answered, &err);
    dialect_call_free(&call);
    if (ok)
        return;
    char *text =
        xasprintf("cannot cancel task %s: %s", purchase_task(p), err.text);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
    p->cancel_called = false;
    decide(p, CANCEL_FAILED);
    poll_plan(p);
}

bool cancel_running(struct purchase *p)
{
    if (p->cancel != CANCEL_UNDER_WAY || p->state == ATTEMPT_READY)
        return false;
    trouble_met(p)->cancel_misses = 0;
    if (!p->cancel_called) {
        call(p);
        return true;
    }
    if (!p->cancel_agreed || ++trouble_met(p)->cancel_reads >= READS_MAX)
        decide(p, CANCEL_FAILED);
    return false;
}
