#include "engine/purchase.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/json.h"
#include "engine/account.h"
#include "engine/flow.h"
#include "engine/frames.h"
#include "engine/gate.h"
#include "engine/leaving.h"
#include "engine/timing.h"
#include "engine/trouble.h"
#include "ledger/sent.h"

// What begins when a state has been entered; the others only end.
static purchase_fn *const enter[] = {
    [ATTEMPT_INTENT] = submit_enter_intent,
    [ATTEMPT_SUBMITTING] = submit_enter_submitting,
    [ATTEMPT_ACCEPTED] = poll_enter_accepted,
    [ATTEMPT_RUNNING] = poll_plan,
    [ATTEMPT_READY] = fetch_enter_ready,
    [ATTEMPT_FETCHING] = fetch_enter_fetching,
    [ATTEMPT_DELIVERED] = keep_enter_delivered,
    [ATTEMPT_REFUSED] = NULL,
    [ATTEMPT_UNKNOWN] = unknown_enter,
    [ATTEMPT_FAILED] = NULL,
    [ATTEMPT_CANCELLED] = NULL,
    [ATTEMPT_FORGOTTEN] = NULL,
};

void ending_free(struct ending *ending)
{
    free(ending->kind);
    free(ending->text);
    *ending = (struct ending){0};
}

// --- life
static void on_timer(void *arg)
{
    struct purchase *p = arg;
    loop_timer_free(p->timer);
    p->timer = NULL;
    purchase_due(p, p->then);
}

struct purchase *purchase_new(struct engine *engine, struct gate *gate,
                              const char *fingerprint)
{
    struct purchase *p = xcalloc(1, sizeof(*p));
    p->engine = engine;
    p->gate = gate;
    memcpy(p->fingerprint, fingerprint, HASH_HEX);
    p->price = p->asked_price = p->least = -1;
    p->progress = -1;
    answer_drop(&p->answer);
    if (engine->config.dry)
        p->played = xcalloc(1, sizeof(*p->played));
    p->before = engine->all_last;
    if (engine->all_last)
        engine->all_last->next = p;
    else
        engine->all = p;
    engine->all_last = p;
    engine->held++;
    p->counted = -1;
    purchase_count(p);
    index_set(&engine->by_fingerprint, p->fingerprint, p);
    return p;
}

void purchase_let_go(struct purchase *p)
{
    purchase_rest(p);
    if (p->exchange)
        net_cancel(p->exchange);
    p->exchange = NULL;
    fetch_end(p);
    answer_drop(&p->answer);
    gate_polled(p);
    submit_end_call(p);
}

// What a purchase needs until it settles, and not after.
static void forget_the_way(struct purchase *p)
{
    fetch_forget(p);
    frames_free(p);
    free(p->heard);
    p->heard = NULL;
    p->hint = false;
}

// What it was to end with.
static void take_end(struct purchase *p, struct ending *end)
{
    *end = p->end ? *p->end : (struct ending){0};
    free(p->end);
    p->end = NULL;
}

void purchase_free(struct purchase *p)
{
    struct ending end;
    purchase_let_go(p);
    while (p->watches)
        engine_unwatch(p->watches);
    forget_the_way(p);
    value_free(p->named);
    value_free(p->request);
    free(p->packed);
    free(p->cell);
    free(p->task_key);
    free(p->last_frame);
    free(p->clips);
    free(p->claim);
    free(p->trouble);
    ending_free(&p->ending);
    take_end(p, &end);
    ending_free(&end);
    free(p->err.text);
    free(p->intent);
    if (p->played) {
        free(p->played->kind);
        free(p->played->message);
    }
    free(p->played);
    free(p);
}

// --- its turn
static void put_due(struct purchase *p)
{
    struct engine *engine = p->engine;
    if (p->in_due)
        return;
    p->in_due = true;
    p->next_due = NULL;
    if (engine->due_last)
        engine->due_last->next_due = p;
    else
        engine->due = p;
    engine->due_last = p;
    loop_wake(engine->config.loop);
}

void purchase_due(struct purchase *p, purchase_fn *then)
{
    p->then = then;
    p->due = then != NULL;
    put_due(p);
}

void purchase_after(struct purchase *p, int64_t ms, purchase_fn *then)
{
    p->then = then;
    if (!p->timer)
        p->timer = loop_timer_new(p->engine->config.loop, on_timer, p);
    loop_timer_start(p->timer, ms);
}

void purchase_rest(struct purchase *p)
{
    loop_timer_free(p->timer);
    p->timer = NULL;
    timing_rest(p);
    p->then = NULL;
    if (p->frames)
        p->frames->then = NULL;
    p->due = false;
}

void purchase_changed(struct purchase *p)
{
    p->changed = true;
    purchase_poke(p);
}

void purchase_poke(struct purchase *p)
{
    p->engine->news_ms = engine_now(p->engine);
    put_due(p);
}

void purchase_wake(struct purchase *p)
{
    p->woken = true;
    put_due(p);
}

void purchase_tell(struct purchase *p)
{
    if (p->changed)
        engine_say(p->engine, ENGINE_CHANGED, p, NULL);
    p->changed = p->woken = false;
    for (struct engine_watch *w = p->watches, *next; w; w = next) {
        next = w->next;
        w->fn(w);
    }
}

// --- what is counted of it
void purchase_count(struct purchase *p)
{
    struct engine *engine = p->engine;
    int state = p->settled ? -1 : (int)p->state;
    bool awaited = !p->settled && p->state != ATTEMPT_UNKNOWN && !p->left;
    if (p->counted >= 0)
        engine->unsettled[p->counted]--;
    if (state >= 0)
        engine->unsettled[state]++;
    p->counted = (signed char)state;
    engine->awaited += awaited;
    engine->awaited -= p->awaited;
    p->awaited = awaited;
    account_count(p);
}

// --- errors
void purchase_note_err(struct purchase *p, const struct err *err)
{
    free(p->err.text);
    p->err = (struct why){.kind = err ? err->kind : ERR_NONE};
    if (p->err.kind != ERR_NONE)
        p->err.text = xstrdup(err->text);
}

void purchase_note_intent(struct purchase *p,
                          const struct ledger_intent_result *result)
{
    free(p->intent);
    p->intent = xmalloc(sizeof(*p->intent));
    *p->intent = *result;
}

struct ledger_intent_result purchase_take_intent(struct purchase *p)
{
    struct ledger_intent_result result = *p->intent;
    free(p->intent);
    p->intent = NULL;
    return result;
}

// --- state
void purchase_assume(struct purchase *p, enum attempt_state to)
{
    if (p->state != to)
        log_debug("%s: %s -> %s", p->cell ? p->cell : p->fingerprint,
                  attempt_state_name(p->state), attempt_state_name(to));
    p->state = to;
    purchase_count(p);
    purchase_changed(p);
}

static void on_moved(struct purchase *p)
{
    p->writing = false;
    if (p->err.kind == ERR_NONE)
        purchase_assume(p, p->to);
    CRASH_POINT("after", attempt_state_name(p->state));
    if (p->settled)
        return;
    struct ending ending;
    take_end(p, &ending);
    if (p->err.kind != ERR_NONE && p->to == ATTEMPT_ACCEPTED)
        accept_not_recorded(p);
    else if (p->err.kind != ERR_NONE)
        purchase_settle_disk(p);
    else if (ending.text && retry_take(p))
        log_debug("%s: failed before: %s", purchase_cell(p), ending.text);
    else if (ending.text)
        purchase_settle(p, ending.err, ending.kind, xstrdup(ending.text));
    else if (enter[p->state])
        enter[p->state](p);
    ending_free(&ending);
}

static void on_written(void *arg, const struct err *err)
{
    struct purchase *p = arg;
    p->engine->pending--;
    purchase_note_err(p, err);
    purchase_due(p, on_moved);
}

static void begin_write(struct purchase *p, enum attempt_state to)
{
    const struct engine *engine = p->engine;
    CRASH_POINT("before", attempt_state_name(to));
    if (to == ATTEMPT_INTENT)
        sent_take_back(engine->state_dir, engine->run, p->token, p->attempt);
    purchase_rest(p);
    p->writing = true;
    p->to = to;
    p->err.kind = ERR_NONE; // its text may be the reason that is written
    p->engine->pending++;
}

void purchase_move(struct purchase *p, enum attempt_state to,
                   const struct ledger_move *with)
{
    struct ledger_move move = {.price = -1};
    if (with)
        move = *with;
    move.attempt = p->attempt;
    move.from = p->state;
    move.to = to;
    move.now_ms = engine_wall(p->engine);
    begin_write(p, to);
    ledger_move(p->engine->config.ledger, &move, on_written, p);
}

void purchase_move_end(struct purchase *p, enum attempt_state to,
                       const struct ledger_move *with, enum err_kind err,
                       const char *kind, char *text)
{
    struct ending old;
    take_end(p, &old);
    ending_free(&old);
    p->end = xmalloc(sizeof(*p->end));
    *p->end = (struct ending){xstrdup(kind), text, err};
    purchase_move(p, to, with);
}

static void on_delivered(void *arg, const struct err *err,
                         const struct clip_row *clips)
{
    struct purchase *p = arg;
    keep_recorded(p, clips);
    on_written(p, err);
}

void purchase_deliver(struct purchase *p)
{
    begin_write(p, ATTEMPT_DELIVERED);
    ledger_deliver(p->engine->config.ledger, p->attempt, p->fetch->clips,
                   value_count(p->urls), engine_wall(p->engine), on_delivered,
                   p);
}

void purchase_set_clips(struct purchase *p, const struct clip_row *clips,
                        size_t n)
{
    free(p->clips);
    p->clips = n ? xreallocarray(NULL, n, sizeof(*clips)) : NULL;
    if (n)
        memcpy(p->clips, clips, n * sizeof(*clips));
    p->n_clips = n;
}

void purchase_take_row(struct purchase *p, const struct purchase_row *row)
{
    const struct attempt_row *a = &row->attempt;
    p->attempt = a->id;
    if (memcmp(p->token, a->token, TOKEN_HEX) != 0)
        purchase_lose_token(p);
    memcpy(p->token, a->token, TOKEN_HEX);
    p->port = a->callback_port;
    if (a->price >= 0)
        p->price = a->price;
    bool delivered = a->state == ATTEMPT_DELIVERED && row->clips_task_id;
    purchase_set_task(p, delivered ? row->clips_task_id : a->task_id);
    free(p->last_frame);
    p->last_frame = xstrdup(a->last_frame);
    value_free(p->recorded);
    p->recorded = a->urls
                      ? json_read(a->urls, strlen(a->urls), JSON_LENIENT, NULL)
                      : NULL;
    purchase_set_clips(p, row->clips, row->n_clips);
    purchase_assume(p, a->state);
}

void purchase_restart(struct purchase *p)
{
    // A late callback of the last attempt says nothing about the next.
    purchase_lose_token(p);
    p->attempt = 0;
    p->mine = false;
    p->price = p->asked_price;
    p->polls = (struct polls){0};
    p->progress = -1;
    trouble_over(p);
    p->over_ms = 0;
    p->posted = p->listed = p->noted = p->hint = false;
    fetch_forget(p);
    free(p->claim);
    free(p->heard); // of the last attempt's task: it says nothing of the next
    p->claim = p->heard = NULL;
    purchase_set_task(p, NULL);
    purchase_set_clips(p, NULL, 0);
    free(p->last_frame);
    p->last_frame = NULL;
    purchase_assume(p, ATTEMPT_INTENT);
}

// --- its end for this run
static void end_it(struct purchase *p)
{
    purchase_let_go(p);
    timing_leave(p);
    forget_the_way(p);
    purchase_release(p);
    p->settled = true;
    purchase_count(p);
    purchase_changed(p);
    leaving_look(p);
}

void purchase_settle(struct purchase *p, enum err_kind err, const char *kind,
                     char *text)
{
    log_debug("%s: ends for this run (%s): %s",
              p->cell ? p->cell : p->fingerprint, kind, text);
    ending_free(&p->ending);
    p->ending = (struct ending){xstrdup(kind), text, err};
    end_it(p);
}

void purchase_settle_delivered(struct purchase *p)
{
    p->progress = 1;
    end_it(p);
}

void purchase_settle_disk(struct purchase *p)
{
    char *text = xasprintf("%s; %s", p->err.text ? p->err.text : "",
                           p->task_id ? "it is bought: run again to go on"
                                      : "mend that and run again");
    enum err_kind err = p->err.kind == ERR_NONE ? ERR_DISK : p->err.kind;
    purchase_settle(p, err, "disk", text);
}

bool purchase_find(struct purchase *p, const char *fingerprint,
                   struct purchase_row *row)
{
    struct ledger *ledger = p->engine->config.ledger;
    bool found;
    struct err err;
    *row = (struct purchase_row){0};
    if (!ledger || ledger_find(ledger, fingerprint, row, &found, &err))
        return true;
    purchase_note_err(p, &err);
    purchase_settle_disk(p);
    return false;
}

void purchase_settle_stopped(struct purchase *p)
{
    purchase_settle(p, ERR_NET, "stopped",
                    xasprintf("stopped while task %s of '%s' is under way; it "
                              "is bought: run again to fetch it",
                              purchase_task(p), purchase_where(p)));
}

void purchase_hold(struct purchase *p)
{
    if (!p->slot)
        p->gate->pace.own++;
    p->slot = true;
    account_count(p);
}

void purchase_release(struct purchase *p)
{
    submit_over(p);
    if (p->slot)
        p->gate->pace.own--;
    p->slot = false;
    account_count(p);
}

const char *purchase_where(const struct purchase *p)
{
    return p->gate->gateway->name;
}

const char *purchase_task(const struct purchase *p)
{
    return p->task_id ? p->task_id : "(none)";
}

char *purchase_again(const struct purchase *p, bool clip)
{
    bool adopted = strcmp(p->route, ROUTE_ADOPTED) == 0;
    const char *again = adopted ? "" : "; --retry-failed buys it again";
    return clip ? xasprintf("; but a clip was named for it, and tarmac show %s "
                            "tells where it is%s",
                            purchase_task(p), again)
                : xstrdup(again);
}
