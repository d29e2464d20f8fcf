// Waiting for a task: asking when it is likely to be done, and at once when a
// callback says so. A failed poll is not a failed task.

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/api.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/timing.h"

#define BACK_OFF_FIRST_MS 1000
#define BACK_OFF_MOST_MS 60000
#define FAILED_WARN 5
#define REFUSED_MAX 3
#define MISSING_MAX 3
#define MISSING_GRACE_MS 60000
#define EMPTY_MAX 10
#define EMPTY_FINAL_MS (60 * 60 * 1000) // since it was accepted
#define REASON_MAX 300
#define SPREAD_MS 50 // for each attempt under way

void poll_plan(struct purchase *p)
{
    if (p->engine->stopped) {
        purchase_settle_stopped(p);
        return;
    }
    bool called = p->hint && timing_called(p);
    purchase_after(p, called ? timing_hint(p) : timing_next(p), poll_now);
}

void poll_hint(struct purchase *p)
{
    if (p->settled || p->writing || p->exchange || p->in_line)
        return; // looked at when that is done
    if (p->state == ATTEMPT_UNKNOWN && !p->then)
        unknown_heard(p);
    else if (p->then == poll_now && timing_called(p))
        purchase_after(p, timing_hint(p), poll_now);
}

void poll_soon(struct purchase *p)
{
    bool waits = p->then == poll_now && !p->due && !p->in_line;
    if (waits && !p->exchange && !p->writing)
        purchase_after(p, timing_hint(p), poll_now);
}

// --- read because somebody asked
void poll_read_ended(struct purchase *p)
{
    p->reads++;
    p->asked = false;
    purchase_wake(p);
}

void poll_asked(struct purchase *p)
{
    bool readable =
        p->task_id &&
        (p->state == ATTEMPT_ACCEPTED || p->state == ATTEMPT_RUNNING ||
         (p->state == ATTEMPT_READY && !p->urls && !p->packed_urls));
    if (p->settled || !readable)
        poll_read_ended(p);
    else
        poll_soon(p);
}

void purchase_hasten(struct purchase *p)
{
    p->asked = true;
    purchase_wake(p);
}

void poll_enter_accepted(struct purchase *p)
{
    timing_accepted(p);
    if (p->claim)
        purchase_set_task(p, p->claim);
    free(p->claim);
    p->claim = NULL;
    purchase_hold(p);
    purchase_tell(p); // exactly once accepted and not settled
    checker_warm(p->engine->checker);
    poll_plan(p);
}

static void again_later(struct purchase *p)
{
    bool near = gateway_is_near(p->gate->gateway);
    int64_t first = near ? timing_least(p) : BACK_OFF_FIRST_MS;
    purchase_after(p,
                   pace_back_off(p->polls.failed - 1, first, BACK_OFF_MOST_MS,
                                 engine_chance(p->engine)),
                   poll_now);
}

// It answers, and wants to be asked less often: that is no failure.
static void on_too_often(struct purchase *p)
{
    cancel_missed(p);
    p->polls.failed = p->polls.refused = 0;
    if (p->engine->stopped)
        purchase_settle_stopped(p);
    else
        poll_now(p);
}

// No answer about the task: it goes on without us.
static void on_no_news(struct purchase *p)
{
    cancel_missed(p);
    if (p->answer->result == NET_NOT_SENT && gate_lost(p)) {
        poll_now(p);
        return;
    }
    bool refused = p->answer->result == NET_ANSWERED &&
                   (p->answer->status == 401 || p->answer->status == 403);
    p->polls.refused = refused ? p->polls.refused + 1 : 0;
    p->polls.failed++;
    char *said = answer_said(p->answer);
    if (p->polls.refused >= REFUSED_MAX) {
        purchase_settle(
            p, ERR_GATEWAY, "auth",
            xasprintf("'%s' does not let us ask for task %s (%s); it is "
                      "bought: check the key and run again",
                      purchase_where(p), purchase_task(p), said));
    } else if (p->engine->stopped) {
        purchase_settle_stopped(p);
    } else {
        if (p->polls.failed == FAILED_WARN && !p->polls.warned) {
            p->polls.warned = true;
            char *text = xasprintf("'%s' says nothing about task %s (%s); "
                                   "still asking",
                                   purchase_where(p), purchase_task(p), said);
            engine_say(p->engine, ENGINE_WARNING, p, text);
            free(text);
        }
        again_later(p);
    }
    free(said);
}

static char *reason_of(const struct dialect_status *status)
{
    const char *reason = status->reason ? status->reason : "";
    return text_printable(reason, strlen(reason), REASON_MAX);
}

// The service has ended it.
static void on_ended(struct purchase *p, const struct dialect_status *status,
                     bool cancelled)
{
    bool ready =
        p->state == ATTEMPT_READY; // which the ledger cannot call cancelled
    if (ready && fetch_recorded(p))
        return;
    if (!ready)
        timing_ended(p, false);
    const char *kind = status->kind ? status->kind
                       : cancelled  ? "cancelled"
                                    : "failed";
    char *reason = reason_of(status);
    char *urls = value_count(status->urls) ? json_text(status->urls) : NULL;
    char *again = purchase_again(p, urls || ready);
    char *text =
        xasprintf("'%s' %s task %s%s%s%s%s", purchase_where(p),
                  cancelled ? "cancelled" : "failed at", purchase_task(p),
                  *reason ? " (" : "", reason, *reason ? ")" : "", again);
    struct ledger_move with = {
        .price = status->charge, .kind = kind, .reason = reason, .urls = urls};
    purchase_move_end(p,
                      cancelled && !ready ? ATTEMPT_CANCELLED : ATTEMPT_FAILED,
                      &with, ERR_NONE, kind, text);
    free(again);
    free(urls);
    free(reason);
}

// What we cancelled, a service may forget.
static void on_gone(struct purchase *p)
{
    struct dialect_status status = {.phase = DIALECT_CANCELLED, .charge = -1};
    on_ended(p, &status, true);
}

static void on_missing(struct purchase *p)
{
    if (p->cancel_heard && p->state != ATTEMPT_READY) {
        on_gone(p);
        return;
    }
    int64_t age = engine_now(p->engine) - p->polls.accepted_ms;
    bool seen = p->state != ATTEMPT_ACCEPTED;
    bool may_come = !seen && age < MISSING_GRACE_MS; // not visible yet
    if (may_come || ++p->polls.missing < MISSING_MAX) {
        poll_plan(p);
        return;
    }
    if (fetch_recorded(p))
        return;
    struct ledger_move with = {.price = -1,
                               .kind = "forgotten",
                               .reason = "the service does not know it"};
    char *again = purchase_again(p, p->state == ATTEMPT_READY);
    purchase_move_end(
        p, ATTEMPT_FORGOTTEN, &with, ERR_NONE, "forgotten",
        xasprintf("'%s' no longer knows task %s, which was bought%s",
                  purchase_where(p), purchase_task(p), again));
    free(again);
}

static void note_progress(struct purchase *p,
                          const struct dialect_status *status)
{
    bool known = status->progress >= 0 && status->progress <= 1;
    if (!known || status->progress == p->progress)
        return;
    p->progress = status->progress;
    if (p->state != ATTEMPT_ACCEPTED) // else the next state tells it
        purchase_changed(p);
}

static void on_running(struct purchase *p, const struct dialect_status *status)
{
    note_progress(p, status);
    timing_ran(p);
    if (cancel_running(p))
        return;
    if (p->state == ATTEMPT_ACCEPTED)
        purchase_move(p, ATTEMPT_RUNNING, NULL);
    else
        poll_plan(p);
}

static void on_empty(struct purchase *p)
{
    if (++p->polls.empty < EMPTY_MAX) {
        poll_plan(p);
        return;
    }
    if (engine_now(p->engine) - p->polls.accepted_ms < EMPTY_FINAL_MS) {
        // Its link may only be late: a later run asks for it again.
        purchase_settle(
            p, ERR_NET, "no_output",
            xasprintf("'%s' calls task %s done, and shows no clip yet; it is "
                      "bought: run again to ask for it",
                      purchase_where(p), purchase_task(p)));
        return;
    }
    struct ledger_move with = {
        .price = -1,
        .kind = "no_output",
        .reason = "the service calls it done, and gives no output"};
    char *again = purchase_again(p, p->state == ATTEMPT_READY);
    purchase_move_end(p, ATTEMPT_FAILED, &with, ERR_NONE, "no_output",
                      xasprintf("'%s' calls task %s done, and gives no "
                                "output%s",
                                purchase_where(p), purchase_task(p), again));
    free(again);
}

static void on_succeeded(struct purchase *p, struct dialect_status *status)
{
    if (value_count(status->urls) == 0) {
        on_empty(p);
        return;
    }
    value_free(p->urls);
    p->urls = status->urls;
    status->urls = NULL;
    if (status->last_frame) {
        free(p->last_frame);
        p->last_frame = xstrdup(status->last_frame);
    }
    if (status->charge >= 0)
        p->price = status->charge;
    if (p->state == ATTEMPT_READY) {
        fetch_enter_ready(p);
        return;
    }
    char *urls = json_text(p->urls);
    struct ledger_move with = {.price = status->charge,
                               .urls = urls,
                               .last_frame = p->last_frame,
                               .took = timing_ended(p, true)};
    purchase_move(p, ATTEMPT_READY, &with);
    free(urls);
}

static void on_status(struct purchase *p, struct dialect_status *status)
{
    if (status->phase != DIALECT_NO_NEWS)
        p->polls.failed = p->polls.refused = 0;
    if (status->phase != DIALECT_NOT_FOUND)
        p->polls.missing = 0;
    if (status->phase != DIALECT_SUCCEEDED)
        p->polls.empty = 0;
    switch (status->phase) {
    case DIALECT_RUNNING:
        on_running(p, status);
        break;
    case DIALECT_SUCCEEDED:
        on_succeeded(p, status);
        break;
    case DIALECT_FAILED:
        on_ended(p, status, false);
        break;
    case DIALECT_CANCELLED:
        on_ended(p, status, true);
        break;
    case DIALECT_NOT_FOUND:
        on_missing(p);
        break;
    case DIALECT_NO_NEWS:
        on_no_news(p);
        break;
    }
}

bool poll_read(struct purchase *p, struct dialect_status *status)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_answer answer = answer_view(p->answer);
    struct err err;
    *status = (struct dialect_status){
        .phase = DIALECT_NO_NEWS, .progress = -1, .charge = -1};
    if (p->answer->result != NET_ANSWERED)
        return false;
    if (dialect->state(dialect->ctx, &answer, status, &err))
        return true;
    log_debug("%s: %s", purchase_cell(p), err.text);
    dialect_status_free(status);
    *status = (struct dialect_status){
        .phase = DIALECT_NO_NEWS, .progress = -1, .charge = -1};
    return false;
}

static void answered(struct purchase *p)
{
    struct dialect_status status;
    if (p->asked)
        poll_read_ended(p);
    poll_read(p, &status);
    bool news = status.phase != DIALECT_NO_NEWS;
    if (gate_asked_too_often(p->gate, p->answer, status.kind,
                             p->polls.last_ms) &&
        !news)
        on_too_often(p);
    else
        on_status(p, &status);
    dialect_status_free(&status);
    answer_drop(&p->answer);
}

bool poll_ask(struct purchase *p, const char *task_id, purchase_fn *then,
              struct err *err)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_ctx ctx = api_ctx(p->gate, "");
    struct dialect_call call = {0};
    bool ok = dialect->poll(dialect->ctx, task_id, &ctx, &call, err) &&
              api_send(p, &call, false, then, err);
    dialect_call_free(&call);
    if (ok)
        gate_polls(p);
    return ok;
}

bool poll_send(struct purchase *p, const char *task_id, purchase_fn *then)
{
    struct err err;
    p->hint = false;
    timing_rest(p);
    p->polls.last_ms = engine_now(p->engine);
    bool ok = poll_ask(p, task_id, then, &err);
    if (!ok)
        purchase_settle(
            p, ERR_RECIPE, "invalid",
            xasprintf("cannot ask for task %s: %s; %s", task_id, err.text,
                      p->adopting ? "nothing was spent" : "it is bought"));
    return ok;
}

// Those that were held back do not all ask in the same moment.
static int64_t spread(struct purchase *p)
{
    int64_t most = p->gate->pace.own * SPREAD_MS;
    if (most > timing_least(p))
        most = timing_least(p);
    return (int64_t)((double)most * engine_chance(p->engine));
}

static void send_now(struct purchase *p)
{
    if (p->hint)
        timing_called(p);
    poll_send(p, p->task_id, answered);
}

void poll_now(struct purchase *p)
{
    int64_t wait = gate_ask_wait(p->gate), still = timing_still(p);
    if (still > 0)
        purchase_after(p, still, poll_now);
    else if (wait > 0 && p->engine->stopped)
        purchase_settle_stopped(p);
    else if (wait > 0)
        purchase_after(p, wait + spread(p), poll_now);
    else if (gate_need(p, poll_now) && gate_may_poll(p, poll_now))
        send_now(p);
}
