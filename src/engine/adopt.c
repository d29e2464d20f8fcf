// A task that was bought elsewhere: known to its gateway, it becomes a purchase
// of this ledger, and goes on like one. Until it is on disk nothing else is
// done with it.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/fingerprint.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/trouble.h"

#define TASK_ID_MAX 512 // bytes
#define SHOWN_MAX 60
#define ASKS_MAX 4
#define NEAR_FIRST_MS 250
#define NEAR_MOST_MS 1000
#define FAR_FIRST_MS 1000
#define FAR_MOST_MS 4000

static void ask(struct purchase *p);

// --- what the gateway says
static void ask_again(struct purchase *p)
{
    bool near = gateway_is_near(p->gate->gateway);
    int64_t delay = pace_back_off(
        trouble_of(p)->claims - 1, near ? NEAR_FIRST_MS : FAR_FIRST_MS,
        near ? NEAR_MOST_MS : FAR_MOST_MS, engine_chance(p->engine));
    purchase_after(p, delay, ask);
}

static void settle_not_found(struct purchase *p)
{
    if (p->locked && p->locked->failed) {
        locked_settle_failed(p);
        return;
    }
    if (p->locked) {
        locked_settle(p, xasprintf("'%s' does not know task %s, and the ledger "
                                   "neither; nothing was spent; without "
                                   "--locked it is bought anew",
                                   purchase_where(p), p->claim));
        return;
    }
    purchase_settle(p, ERR_NONE, "not_found",
                    xasprintf("'%s' does not know task %s, and the ledger "
                              "neither; nothing was spent; check the id and "
                              "its gateway",
                              purchase_where(p), p->claim));
}

static void settle_silent(struct purchase *p)
{
    bool auth = p->answer->result == NET_ANSWERED &&
                (p->answer->status == 401 || p->answer->status == 403);
    char *said = answer_said(p->answer);
    purchase_settle(
        p, ERR_GATEWAY, auth ? "auth" : "network",
        xasprintf(
            "'%s' %s task %s (%s); nothing was spent; %s", purchase_where(p),
            auth ? "does not let us ask for" : "says nothing about", p->claim,
            said,
            auth ? "check the key and run again" : "run again when it is up"));
    free(said);
}

static void settle_of_another(struct purchase *p)
{
    locked_settle(p, xasprintf("task %s of '%s' belongs to another purchase of "
                               "the ledger; nothing was spent; tarmac show %s "
                               "tells which",
                               p->claim, purchase_where(p), p->claim));
}

// Another run recorded it while we asked, or bought what is locked; or it is
// another purchase's.
static void join(struct purchase *p)
{
    struct purchase_row row;
    if (!purchase_find(p, p->fingerprint, &row))
        return;
    const char *task_id = row.attempt.task_id;
    enum attempt_state state = row.attempt.state;
    bool found = row.id != 0;
    bool same = task_id && strcmp(task_id, p->claim) == 0;
    bool taken = row.attempt.id &&
                 (state == ATTEMPT_DELIVERED || attempt_state_is_open(state));
    purchase_row_free(&row);
    if (p->locked && !same && !taken)
        settle_of_another(p);
    else if (found)
        resume_look(p);
    else
        purchase_settle(p, ERR_DISK, "disk",
                        xasprintf("another run has just recorded task %s of "
                                  "'%s'; nothing was spent; run again",
                                  p->claim, purchase_where(p)));
}

static void recorded(struct purchase *p)
{
    p->writing = false;
    const struct ledger_intent_result intent = purchase_take_intent(p);
    if (p->settled)
        return;
    p->adopting = false;
    if (p->err.kind != ERR_NONE) {
        purchase_settle_disk(p);
    } else if (intent.taken) {
        join(p);
    } else {
        p->attempt = intent.attempt;
        p->mine = true;
        p->hint = true; // read again at once: it may be done
        purchase_assume(p, ATTEMPT_ACCEPTED);
        poll_enter_accepted(p);
    }
}

static void on_recorded(void *arg, const struct err *err,
                        const struct ledger_intent_result *result)
{
    struct purchase *p = arg;
    p->engine->pending--;
    purchase_note_err(p, err);
    purchase_note_intent(p, result);
    purchase_due(p, recorded);
}

static void record(struct purchase *p)
{
    struct engine *engine = p->engine;
    char *request = p->ordered ? fingerprint_request(purchase_named(p)) : NULL;
    purchase_lose_token(p);
    token_make(p->token);
    struct ledger_intent task = {.fingerprint = p->fingerprint,
                                 .gateway = p->gate->gateway->identity,
                                 .route = p->route,
                                 .request = request ? request : "{}",
                                 .recipe = engine->recipe,
                                 .run = engine->run,
                                 .cell = p->ordered ? p->cell : NULL,
                                 .token = p->token,
                                 .take = p->take,
                                 .now_ms = engine_wall(engine)};
    p->writing = true;
    p->to = ATTEMPT_ACCEPTED;
    engine->pending++;
    ledger_adopt_task(engine->config.ledger, &task, p->claim, on_recorded, p);
    free(request);
}

static void answered(struct purchase *p)
{
    struct dialect_status status;
    if (p->answer->result == NET_NOT_SENT)
        gate_lost(p);
    poll_read(p, &status);
    enum dialect_phase phase = status.phase;
    bool often =
        gate_asked_too_often(p->gate, p->answer, status.kind, p->polls.last_ms);
    dialect_status_free(&status);
    bool known = phase != DIALECT_NOT_FOUND && phase != DIALECT_NO_NEWS;
    if (known)
        record(p);
    else if (often && !p->engine->stopped)
        ask(p);
    else if (++trouble_met(p)->claims < ASKS_MAX) // it may not be visible yet
        ask_again(p);
    else if (phase == DIALECT_NOT_FOUND)
        settle_not_found(p);
    else
        settle_silent(p);
}

static void ask(struct purchase *p)
{
    if (gate_may_ask(p, ask))
        poll_send(p, p->claim, answered);
}

void adopt_stop(struct purchase *p)
{
    purchase_settle(p, ERR_NONE, "stopped",
                    xasprintf("stopped before '%s' was asked for task %s; run "
                              "again to go on",
                              purchase_where(p), p->claim));
}

// --- the purchase
static struct purchase *
begin(struct engine *engine, const struct gateway *gateway, const char *task_id)
{
    char fingerprint[HASH_HEX];
    struct value *task = value_str(task_id);
    fingerprint_make(gateway->identity, ROUTE_ADOPTED, task, 1, fingerprint);
    value_free(task);
    struct purchase *p =
        purchase_new(engine, gate_of(engine, gateway), fingerprint);
    p->route = ROUTE_ADOPTED;
    p->cell = xstrdup(ROUTE_ADOPTED); // for people: it is of no cell
    p->take = 1;
    p->request = value_map();
    p->claim = xstrdup(task_id);
    p->adopting = true;
    return p;
}

// A text that a service can have named a task by.
static bool may_be_task(const char *task_id)
{
    size_t len = strlen(task_id);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)task_id[i] < 0x20 || task_id[i] == 0x7f)
            return false;
    return len > 0 && len <= TASK_ID_MAX && text_is_utf8(task_id, len);
}

static void settle_no_task(struct purchase *p)
{
    char *shown = text_printable(p->claim, strlen(p->claim), SHOWN_MAX);
    purchase_settle(p, ERR_NONE, "not_found",
                    xasprintf("'%s' is no task_id; nothing was spent", shown));
    free(shown);
}

static void adopt_begin(struct purchase *p)
{
    if (!may_be_task(p->claim))
        settle_no_task(p);
    else if (p->engine->config.dry)
        purchase_settle(p, ERR_NONE, "not_found",
                        xasprintf("the ledger does not know task %s of '%s', "
                                  "and nobody is asked before the run",
                                  p->claim, purchase_where(p)));
    else if (p->engine->stopped)
        adopt_stop(p);
    else
        ask(p);
}

void adopt_locked(struct purchase *p)
{
    free(p->claim);
    p->claim = xstrdup(p->locked->task_id);
    trouble_met(p)->claims = 0;
    p->price = p->asked_price = -1; // of a task that was paid for before
    p->adopting = true;
    adopt_begin(p);
}

struct purchase *engine_adopt_task(struct engine *engine,
                                   const struct gateway *gateway,
                                   const char *task_id)
{
    char *key = xasprintf("%s\n%s", gateway->identity, task_id);
    struct purchase *p = index_get(&engine->by_task, key);
    if (!p) {
        p = begin(engine, gateway, task_id);
        purchase_find_by_task(p, key);
        adopt_begin(p);
        return p;
    }
    free(key);
    return p;
}
