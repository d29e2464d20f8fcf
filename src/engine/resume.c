// Where a purchase begins: what the ledger says of its fingerprint.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/json.h"
#include "engine/callback.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/list.h"
#include "engine/purchase.h"
#include "engine/route.h"
#include "engine/trouble.h"
#include "ledger/runs.h"
#include "ledger/sent.h"
#include "ledger/settle.h"

#define LOOK_AGAIN_MS 1000
#define LOOKS_MAX 5

static void look_again(struct purchase *p)
{
    purchase_after(p, LOOK_AGAIN_MS, resume_look);
}

// --- what has ended
void resume_recorded(struct purchase *p, const struct attempt_row *attempt)
{
    const char *state = attempt_state_name(attempt->state);
    const char *reason = attempt->reason ? attempt->reason : "";
    char *again = purchase_again(p, attempt->urls != NULL);
    purchase_settle(p, ERR_NONE, attempt->kind ? attempt->kind : state,
                    xasprintf("%s%s at '%s' is recorded as %s%s%s%s%s",
                              p->task_id ? "task " : "what was asked for",
                              p->task_id ? p->task_id : "", purchase_where(p),
                              state, *reason ? " (" : "", reason,
                              *reason ? ")" : "", again));
    free(again);
}

static void take_delivered(struct purchase *p)
{
    bool all = p->n_clips > 0;
    for (size_t i = 0; i < p->n_clips && all; i++)
        all = store_has(p->engine->config.store, p->clips[i].sha256,
                        p->clips[i].ext, p->clips[i].size);
    if (all) {
        purchase_settle_delivered(p);
    } else if (p->engine->stopped) {
        purchase_settle_stopped(p);
    } else {
        engine_say(p->engine, ENGINE_WARNING, p,
                   "its file is gone from the store; fetching it again");
        struct ledger_move with = {.price = -1, .owner = p->engine->run};
        p->mine = true;
        purchase_move(p, ATTEMPT_READY, &with);
    }
}

// --- what is open
static void begin_polls(struct purchase *p, int64_t accepted_ms)
{
    int64_t age = engine_wall(p->engine) - accepted_ms;
    if (accepted_ms <= 0 || age < 0)
        age = 0;
    p->polls = (struct polls){.accepted_ms = engine_now(p->engine) - age};
}

// What the run that sent it was told, and its ledger did not take.
static bool take_noted(struct purchase *p)
{
    char *task_id = run_noted(p->engine->state_dir, p->token);
    if (!task_id)
        return false;
    struct ledger_move with = {.price = -1, .task_id = task_id};
    free(p->claim);
    p->claim = task_id;
    purchase_move(p, ATTEMPT_ACCEPTED, &with);
    return true;
}

static void continue_mine(struct purchase *p)
{
    index_set(&p->engine->by_token, p->token, p);
    switch (p->state) {
    case ATTEMPT_INTENT:
        submit_want(p);
        break;
    case ATTEMPT_SUBMITTING: {
        if (take_noted(p))
            break;
        struct ledger_move with = {
            .price = -1,
            .kind = "unknown",
            .reason = "the run that sent it ended before the answer came"};
        purchase_move(p, ATTEMPT_UNKNOWN, &with);
        break;
    }
    case ATTEMPT_ACCEPTED:
    case ATTEMPT_RUNNING:
        purchase_hold(p);
        if (p->engine->stopped)
            purchase_settle_stopped(p);
        else
            purchase_due(p, poll_now);
        break;
    case ATTEMPT_READY:
        fetch_renew(p);
        break;
    case ATTEMPT_FETCHING:
        purchase_move(p, ATTEMPT_READY, NULL);
        break;
    case ATTEMPT_UNKNOWN:
        if (!take_noted(p))
            unknown_enter(p);
        break;
    case ATTEMPT_DELIVERED:
    case ATTEMPT_REFUSED:
    case ATTEMPT_FAILED:
    case ATTEMPT_CANCELLED:
    case ATTEMPT_FORGOTTEN:
        resume_look(p);
        break;
    }
}

static void adopted(struct purchase *p)
{
    struct engine *engine = p->engine;
    p->writing = false;
    if (p->err.kind != ERR_NONE)
        sent_take_back(engine->state_dir, engine->run, p->token, p->attempt);
    if (p->settled)
        return;
    if (p->err.kind == ERR_NONE) {
        resume_look(p); // its owner may have moved it just before it ended
    } else if (++trouble_met(p)->looks < LOOKS_MAX) { // another run was faster
        look_again(p);
    } else {
        purchase_settle_disk(p);
    }
}

static void on_adopted(void *arg, const struct err *err)
{
    struct purchase *p = arg;
    p->engine->pending--;
    purchase_note_err(p, err);
    purchase_due(p, adopted);
}

// What becomes of it will be known to our file alone.
static void take_over_sent(struct purchase *p,
                           const struct attempt_row *attempt)
{
    const char *dir = p->engine->state_dir;
    sent_note(dir, p->engine->run, p->token, attempt->id);
    sent_take_back(dir, attempt->owner, p->token, attempt->id);
}

static void adopt(struct purchase *p, const struct attempt_row *attempt)
{
    struct engine *engine = p->engine;
    int port = attempt->callback_port;
    if (attempt->state == ATTEMPT_INTENT) {
        // Not sent yet: its callback may come to us, once we listen.
        if (!gate_need(p, resume_look))
            return;
        port = p->port = p->gate->port;
    }
    index_set(&engine->by_token, p->token, p); // it may be heard at once
    list_orphaned(p, attempt);
    if (port)
        listener_open_also(engine, port);
    begin_polls(p, attempt->accepted_ms);
    if (attempt->sent_ms > 0)
        take_over_sent(p, attempt);
    p->writing = true;
    p->to = ATTEMPT_INTENT;
    engine->pending++;
    ledger_adopt(engine->config.ledger, attempt->id, attempt->owner,
                 engine->run, port, on_adopted, p);
}

static void take_open(struct purchase *p, const struct attempt_row *attempt)
{
    struct engine *engine = p->engine;
    p->mine = strcmp(attempt->owner, engine->run) == 0;
    if (p->mine)
        continue_mine(p);
    else if (attempt->state == ATTEMPT_INTENT && engine->stopped)
        submit_want(p); // which says so
    else if (run_is_dead(engine->state_dir, attempt->owner))
        adopt(p, attempt);
    else if (engine->stopped)
        purchase_settle_stopped(p);
    else {
        look_again(p);
        if (p->asked) // the ledger's word is what there is to read
            poll_read_ended(p);
    }
}

static void take_row(struct purchase *p, const struct purchase_row *row)
{
    const struct attempt_row *attempt = &row->attempt;
    if (settle_leaves_to_buy(attempt)) {
        purchase_restart(p);
        submit_want(p);
        return;
    }
    purchase_take_row(p, row);
    if (attempt_state_is_open(attempt->state)) {
        take_open(p, attempt);
    } else if (attempt->state == ATTEMPT_DELIVERED) {
        take_delivered(p);
    } else if (p->engine->config.retry_failed && p->ordered) {
        purchase_restart(p);
        submit_want(p);
    } else if (locked_differs(p, attempt)) {
        purchase_restart(p);
        locked_instead(p);
    } else if (retry_wants(p, row)) {
        retry_begin(p, row);
    } else {
        resume_recorded(p, attempt);
    }
}

struct purchase *resume_row(struct engine *engine, struct gate *gate,
                            const struct purchase_row *row)
{
    struct purchase *p = purchase_new(engine, gate, row->fingerprint);
    p->route = route_kept(engine, row->route);
    p->cell = xstrdup(row->cell ? row->cell : row->route);
    p->take = row->take;
    p->request =
        json_read(row->request, strlen(row->request), JSON_LENIENT, NULL);
    return p;
}

void resume_look(struct purchase *p)
{
    struct purchase_row row;
    if (!purchase_find(p, p->fingerprint, &row))
        return;
    take_row(p, &row);
    purchase_row_free(&row);
}
