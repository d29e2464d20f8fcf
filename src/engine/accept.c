// What the answer of a POST says: bought, not bought, or neither; and the
// task_id on disk before anything else is done with it.

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/account.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/trouble.h"
#include "engine/when.h"
#include "ledger/runs.h"

#define UNSENT_MAX 3
#define UNSENT_WITHIN_MS 10000
#define UNSENT_FIRST_MS 500
#define UNSENT_MOST_MS 4000
#define WAIT_MOST_MS (60 * 60 * 1000)
#define TOO_FAST_WARN 3
#define REASON_MAX 300
#define RECORD_AGAIN_MS 1000
#define RECORD_TRIES_MAX 10
#define NOTED_TRIES_MAX 3

static char *clean(const char *text, const char *fallback)
{
    if (!text || !*text)
        text = fallback;
    return text_printable(text, strlen(text), REASON_MAX);
}

void accept_refuse(struct purchase *p, const char *kind, const char *reason,
                   enum err_kind err, char *text)
{
    char *wire = answer_wire(p->answer);
    struct ledger_move with = {
        .price = -1, .kind = kind, .reason = reason, .wire = wire};
    p->posted = p->bought_now = false;
    purchase_count(p);
    purchase_move_end(p, ATTEMPT_REFUSED, &with, err, kind, text);
    free(wire);
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
    submit_again(p, pace_back_off(trouble_of(p)->unsent - 1, UNSENT_FIRST_MS,
                                  UNSENT_MOST_MS, engine_chance(p->engine)));
}

// What waits behind it would not arrive either.
static void refuse_unreachable(struct purchase *p, const char *why)
{
    char *text = xasprintf("could not reach '%s' (%s)", purchase_where(p), why);
    gate_refuse(p->gate, ERR_GATEWAY, "network", text);
    accept_refuse(
        p, "network", why, ERR_GATEWAY,
        xasprintf("%s; nothing was bought; check its url, or run again when "
                  "it is up",
                  text));
    free(text);
}

static void on_not_sent(struct purchase *p)
{
    if (gate_lost(p)) { // its restarts are counted there
        submit_again(p, 0);
        return;
    }
    struct trouble *trouble = trouble_met(p);
    int64_t now = engine_now(p->engine);
    if (trouble->unsent++ == 0)
        trouble->unsent_ms = now;
    char *why = answer_said(p->answer);
    if (trouble->unsent <= UNSENT_MAX &&
        now - trouble->unsent_ms < UNSENT_WITHIN_MS)
        try_again(p, why);
    else
        refuse_unreachable(p, why);
    free(why);
}

static void on_unknown(struct purchase *p, const char *why)
{
    char *wire = answer_wire(p->answer);
    struct ledger_move with = {
        .price = -1, .kind = "unknown", .reason = why, .wire = wire};
    pace_too_fast(&p->gate->pace, p->sent_ms, -1, engine_now(p->engine));
    account_bought(p);
    log_warn("%s: '%s' did not say whether it was bought (%s); it is not sent "
             "again",
             purchase_cell(p), purchase_where(p), why);
    purchase_move(p, ATTEMPT_UNKNOWN, &with);
    free(wire);
}

static void on_bought(struct purchase *p, const char *task_id)
{
    char *wire = answer_wire(p->answer);
    struct ledger_move with = {.price = -1, .task_id = task_id, .wire = wire};
    pace_accepted(&p->gate->pace);
    account_bought(p);
    free(p->claim);
    p->claim = xstrdup(task_id);
    purchase_move(p, ATTEMPT_ACCEPTED, &with);
    free(wire);
}

// Said once a gateway, when it begins to take long.
static void say_put_off(struct purchase *p, const char *reason)
{
    if (p->gate->put_off || trouble_of(p)->too_fast != TOO_FAST_WARN)
        return;
    p->gate->put_off = true;
    char *said = answer_said(p->answer);
    char *why = clean(reason, said);
    char *text =
        xasprintf("'%s' puts it off again and again (%s); still trying",
                  purchase_where(p), why);
    engine_say(p->engine, ENGINE_WARNING, p, text);
    free(text);
    free(why);
    free(said);
}

// How long the service wants not to be asked; -1: it does not say.
static int64_t wanted_wait(const struct purchase *p,
                           const struct dialect_accepted *accepted)
{
    if (accepted->retry_after_ms > 0)
        return accepted->retry_after_ms;
    return answer_retry_after(p->answer, engine_wall(p->engine));
}

// Longer than anybody waits here: the same as a limit of the day.
static bool is_long(const struct purchase *p, int64_t wait)
{
    return wait > WAIT_MOST_MS || wait > p->engine->config.timeout_ms;
}

// Not bought yet: it is tried again, for as long as a wait may take.
static bool put_off(struct purchase *p, const char *reason, int64_t wait)
{
    int64_t now = engine_now(p->engine);
    if (is_long(p, wait))
        return false;
    pace_too_fast(&p->gate->pace, p->sent_ms, wait, now);
    struct trouble *trouble = trouble_met(p);
    if (trouble->too_fast++ == 0)
        trouble->late_ms = now;
    if (now - trouble->late_ms > p->engine->config.timeout_ms)
        return false;
    say_put_off(p, reason);
    submit_again(p, 0);
    return true;
}

// It has no such route: its address is wrong, not the request.
static bool is_elsewhere(long status)
{
    return status == 404 || status == 405;
}

// Refusals that time alone mends.
static bool comes_back(const char *kind)
{
    return strcmp(kind, "daily") == 0 || strcmp(kind, "rate") == 0;
}

// What to do about a refusal; owned. `wait`: until it makes sense; -1: unknown.
static char *next_step(const struct purchase *p, const char *kind, int64_t wait)
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
    if (is_elsewhere(p->answer->status))
        return xstrdup("check the gateway's url and prefix and run again");
    if (wait > 0 && comes_back(kind)) {
        char *when = when_text(engine_wall(p->engine), wait);
        char *step = xasprintf("run again %s", when);
        free(when);
        return step;
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(kind, steps[i].kind) == 0)
            return xstrdup(steps[i].step);
    return xstrdup("run again when that is settled");
}

// Nothing more is bought there in this run.
static void refuse_all(struct purchase *p, const char *kind, const char *reason,
                       const char *step)
{
    bool later = comes_back(kind);
    char *why = xasprintf("'%s' refuses us (%s)%s%s", purchase_where(p), reason,
                          later ? ": " : "", later ? step : "");
    gate_refuse(p->gate, ERR_GATEWAY, kind, why);
    free(why);
}

static void on_refused(struct purchase *p,
                       const struct dialect_accepted *accepted)
{
    const char *kind = accepted->kind ? accepted->kind : "refused";
    int64_t wait = wanted_wait(p, accepted);
    if (strcmp(kind, "rate") == 0 && put_off(p, accepted->reason, wait))
        return;
    char *said = answer_said(p->answer);
    char *reason = clean(accepted->reason, said);
    char *step = next_step(p, kind, wait);
    bool ours = !is_elsewhere(p->answer->status) &&
                (strcmp(kind, "invalid") == 0 || strcmp(kind, "refused") == 0);
    if (strcmp(kind, "auth") == 0 || strcmp(kind, "daily") == 0 ||
        (strcmp(kind, "rate") == 0 && is_long(p, wait)))
        refuse_all(p, kind, reason, step);
    accept_refuse(p, kind, reason, ours ? ERR_NONE : ERR_GATEWAY,
                  xasprintf("'%s' refused it (%s); nothing was bought; %s",
                            purchase_where(p), reason, step));
    free(step);
    free(reason);
    free(said);
}

static void on_answer(struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_answer answer = answer_view(p->answer);
    struct dialect_accepted accepted = {.bought = DIALECT_BOUGHT_UNKNOWN};
    struct err err = {.text = ""};
    bool ok = dialect->accepted(dialect->ctx, &answer, &accepted, &err);
    if (ok && accepted.bought == DIALECT_BOUGHT && accepted.task_id) {
        on_bought(p, accepted.task_id);
    } else if (ok && accepted.bought == DIALECT_NOT_BOUGHT) {
        on_refused(p, &accepted);
    } else {
        char *said = answer_said(p->answer);
        char *why = clean(ok ? accepted.reason : err.text, said);
        on_unknown(p, why);
        free(why);
        free(said);
    }
    dialect_accepted_free(&accepted);
}

void accept_answered(struct purchase *p)
{
    switch (p->answer->result) {
    case NET_ANSWERED:
        p->gate->unreachable = false;
        on_answer(p);
        break;
    case NET_NOT_SENT:
        on_not_sent(p);
        break;
    case NET_MAYBE_SENT:
    case NET_STOPPED: {
        if (!gate_lives(p->gate))
            gate_lost(p);
        char *why = answer_said(p->answer);
        on_unknown(p, why);
        free(why);
        break;
    }
    }
    answer_drop(&p->answer);
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
void accept_not_recorded(struct purchase *p)
{
    if (p->err.kind == ERR_GATEWAY) {
        not_its_task(p);
        return;
    }
    struct engine *engine = p->engine;
    if (trouble_of(p)->unrecorded == 0)
        log_error("%s: task %s of '%s' is bought, and could not be recorded "
                  "yet: %s",
                  purchase_cell(p), p->claim, purchase_where(p), p->err.text);
    p->noted = p->noted || run_note(engine->state_dir, engine->run, p->token,
                                    p->claim, NULL);
    bool may_leave = engine->stopped && p->noted;
    int tries = p->noted ? NOTED_TRIES_MAX : RECORD_TRIES_MAX;
    if (!may_leave && trouble_met(p)->unrecorded++ < tries) {
        purchase_after(p, RECORD_AGAIN_MS, record_again);
        return;
    }
    settle_unrecorded(p);
}
