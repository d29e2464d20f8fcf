// A dry engine, see dry.h. A purchase goes from the line of its gate through
// "accepted" to its end, by its loop's time; rows are read, and none is
// written.

#include "engine/dry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/flow.h"
#include "engine/order.h"
#include "engine/purchase.h"
#include "ledger/settle.h"
#include "recipe/retry.h"

#define WIDTH 1280
#define HEIGHT 720
#define USUAL_SECONDS 5
#define LONGEST 100
#define TOOK_MOST ((int64_t)366 * 24 * 3600 * 1000)
#define KEY_MAX 300
// After all that have really arrived.
#define ARRIVALS ((int64_t)1 << 48)

// Where nothing was ever rendered: a clip of five seconds, with three others
// beside it on a small machine.
#define LOCAL_MS 3000

// --- what it would be

// "16:9" and "1280:720" alike, as a picture of about 1280x720.
static void size_of(const char *ratio, int *width, int *height)
{
    *width = WIDTH;
    *height = HEIGHT;
    char *end = NULL;
    long w = ratio ? strtol(ratio, &end, 10) : 0;
    long h = end && *end == ':' ? strtol(end + 1, NULL, 10) : 0;
    if (w <= 0 || h <= 0 || w > 10000 || h > 10000)
        return;
    bool pixels = w > LONGEST && h > LONGEST;
    *width = pixels ? (int)w : w >= h ? WIDTH : (int)(WIDTH * w / h);
    *height = pixels ? (int)h : w >= h ? (int)(WIDTH * h / w) : WIDTH;
}

static const struct value *asked(const struct purchase *p, const char *field)
{
    return order_said(p->gate->gateway->dialect, p->route, p->request, field);
}

// Where nothing is said of it, a film that is made of another is like that.
static void facts_of(const struct purchase *p, struct dry_answer *answer)
{
    const struct clip_row *film = order_film(p->engine, p->request);
    const char *ratio = value_text(asked(p, "ratio"));
    answer->seconds = film ? film->seconds : USUAL_SECONDS;
    value_number(asked(p, "seconds"), &answer->seconds);
    size_of(ratio, &answer->width, &answer->height);
    if (film && !ratio) {
        answer->width = film->width;
        answer->height = film->height;
    }
}

// --- how long it would take

static int64_t look_up(struct purchase *p, const char *model, double seconds)
{
    struct ledger_kind kind = {.gateway = p->gate->gateway->identity,
                               .route = p->route,
                               .model = model,
                               .seconds = seconds};
    int64_t ms = -1;
    struct err err;
    if (!ledger_took(p->engine->config.ledger, &kind, &ms, &err))
        log_warn("%s", err.text);
    return ms;
}

// As those of the same model and length took, else those of the model.
static int64_t learned(struct purchase *p, const char *model, double seconds)
{
    if (!p->engine->config.ledger)
        return -1;
    int64_t ms = seconds >= 0 ? look_up(p, model, seconds) : -1;
    return ms >= 0 ? ms : look_up(p, model, -1);
}

static int64_t expected(struct purchase *p)
{
    struct index *known = &p->engine->took;
    const char *model = value_get_text(p->request, "model");
    double seconds = -1;
    value_number(value_get(p->request, "seconds"), &seconds);
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s\n%.64s\n%.17g\n%.100s",
             p->gate->gateway->identity, p->route, seconds, model ? model : "");
    void *item = index_get(known, key);
    if (item) // a time, and one more
        return (int64_t)(intptr_t)item - 2;
    int64_t ms = learned(p, model, seconds);
    if (ms < 0 && p->gate->gateway->local)
        ms = LOCAL_MS;
    index_set(known, key, (void *)(intptr_t)(ms + 2));
    return ms;
}

// --- its end

static void deliver(struct purchase *p, const struct dry_answer *answer)
{
    struct clip_row clip = {.id = p->played->arrival,
                            .n = 1,
                            .ext = "mp4",
                            .seconds = answer->seconds,
                            .width = answer->width,
                            .height = answer->height};
    if (!clip.id)
        clip.id = ARRIVALS + ++p->engine->arrivals;
    purchase_set_clips(p, &clip, 1);
    purchase_assume(p, ATTEMPT_DELIVERED);
    purchase_settle_delivered(p);
}

static void name_task(struct purchase *p)
{
    char task[sizeof("dry--") + 16 + 12];
    if (p->played->sent > 1)
        snprintf(task, sizeof(task), "dry-%.16s-%d", p->fingerprint,
                 p->played->sent);
    else
        snprintf(task, sizeof(task), "dry-%.16s", p->fingerprint);
    purchase_set_task(p, task);
}

static void deliver_now(struct purchase *p)
{
    struct dry_answer answer = {0};
    facts_of(p, &answer);
    if (!p->task_id)
        name_task(p);
    deliver(p, &answer);
}

static bool is(const char *kind, const char *const *kinds, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n && !found; i++)
        found = strcmp(kind, kinds[i]) == 0;
    return found;
}

static bool not_bought(const char *kind)
{
    static const char *const kinds[] = {"refused", "auth",    "credits",
                                        "invalid", "budget",  "locked",
                                        "network", "stopped", "disk"};
    return is(kind, kinds, sizeof(kinds) / sizeof(*kinds));
}

static enum err_kind err_of(const char *kind)
{
    static const char *const of_gateway[] = {"refused", "auth", "credits"};
    if (is(kind, of_gateway, sizeof(of_gateway) / sizeof(*of_gateway)))
        return ERR_GATEWAY;
    if (strcmp(kind, "network") == 0)
        return ERR_NET;
    return strcmp(kind, "disk") == 0 ? ERR_DISK : ERR_NONE;
}

static enum attempt_state state_of(const char *kind)
{
    if (not_bought(kind))
        return ATTEMPT_REFUSED;
    if (strcmp(kind, "unknown") == 0)
        return ATTEMPT_UNKNOWN;
    if (strcmp(kind, "cancelled") == 0)
        return ATTEMPT_CANCELLED;
    return strcmp(kind, "forgotten") == 0 ? ATTEMPT_FORGOTTEN : ATTEMPT_FAILED;
}

static void want(struct purchase *p)
{
    p->bought_now = true;
    line_add(&p->gate->submits, p);
}

// As it was before it had a task.
static void restart(struct purchase *p)
{
    purchase_release(p);
    purchase_restart(p);
}

static bool is_bought_again(const struct purchase *p, const char *kind)
{
    const struct recipe_retry *retry = p->engine->config.retry;
    bool failed = p->state == ATTEMPT_FAILED || p->state == ATTEMPT_FORGOTTEN;
    return retry && failed && p->ordered && p->cancel == CANCEL_NOT_ASKED &&
           p->played->bought_before + p->played->sent <= retry->count &&
           retry_has(retry, kind);
}

static void fail(struct purchase *p, const char *kind, const char *reason)
{
    enum attempt_state state = state_of(kind);
    purchase_assume(p, state);
    if (is_bought_again(p, kind)) {
        restart(p);
        want(p);
        return;
    }
    p->bought_now = p->bought_now && state != ATTEMPT_REFUSED;
    purchase_settle(
        p, err_of(kind), kind,
        xasprintf("'%s' %s task %s (%s)", purchase_where(p),
                  state == ATTEMPT_REFUSED ? "refused" : "failed at",
                  purchase_task(p), reason ? reason : kind));
}

static void end(struct purchase *p)
{
    struct played *played = p->played;
    struct dry_answer answer = {.seconds = played->seconds,
                                .width = played->width,
                                .height = played->height};
    if (!played->kind) {
        deliver(p, &answer);
        return;
    }
    char *kind = played->kind, *message = played->message;
    played->kind = played->message = NULL;
    fail(p, kind, message);
    free(kind);
    free(message);
}

// --- its task

// Its end, or a read of its task on the way there.
static void go_on(struct purchase *p)
{
    int64_t left = p->played->due_ms - engine_now(p->engine);
    if (left <= 0) {
        end(p);
        return;
    }
    poll_read_ended(p);
    purchase_after(p, left, go_on);
}

static void accepted(struct purchase *p, int64_t took_ms)
{
    if (took_ms < 0 && !p->engine->time_unknown) {
        const char *model = value_text(asked(p, "model"));
        p->engine->time_unknown = xstrdup(model ? model : "");
    }
    if (took_ms < 0)
        took_ms = 0;
    if (took_ms > TOOK_MOST)
        took_ms = TOOK_MOST;
    purchase_hold(p);
    if (!p->task_id)
        name_task(p);
    purchase_assume(p, ATTEMPT_ACCEPTED);
    p->played->due_ms = engine_now(p->engine) + took_ms;
    purchase_after(p, took_ms, go_on);
}

static void send(struct purchase *p)
{
    const struct dry_hooks *hooks = p->engine->config.hooks;
    struct played *played = p->played;
    struct dry_question question = {p, ++played->sent};
    struct dry_answer answer = {.took_ms = expected(p)};
    facts_of(p, &answer);
    if (hooks && hooks->answer)
        hooks->answer(hooks->arg, &question, &answer);
    if (answer.kind && not_bought(answer.kind)) {
        fail(p, answer.kind, answer.message);
        return;
    }
    played->kind = xstrdup(answer.kind);
    played->message = xstrdup(answer.message);
    played->seconds = answer.seconds;
    played->width = answer.width;
    played->height = answer.height;
    accepted(p, answer.took_ms);
}

void dry_pump(struct gate *gate)
{
    while (gate->submits.first &&
           pace_may(&gate->pace, 0, engine_now(gate->engine))) {
        struct purchase *p = line_take(&gate->submits);
        if (!p->settled)
            send(p);
    }
}

void dry_asked(struct purchase *p)
{
    int64_t left = p->played->due_ms - engine_now(p->engine);
    int64_t least = p->gate->gateway->poll_min_ms;
    if (p->settled || p->state != ATTEMPT_ACCEPTED) {
        poll_read_ended(p);
        return;
    }
    p->asked = false;
    if (least < 1)
        least = 1; // who asks again and again comes to an end
    purchase_after(p, least < left ? least : left, go_on);
}

void dry_cancel(struct purchase *p)
{
    bool sent = p->state == ATTEMPT_ACCEPTED;
    p->cancel = CANCEL_DONE;
    if (p->settled) {
        p->cancel =
            p->state == ATTEMPT_CANCELLED ? CANCEL_DONE : CANCEL_TOO_LATE;
    } else if (sent && !p->gate->gateway->dialect->cancel) {
        p->cancel = CANCEL_NOT_OFFERED;
    } else {
        p->bought_now = sent && p->bought_now;
        purchase_assume(p, ATTEMPT_CANCELLED);
        purchase_settle(p, ERR_NONE, "cancelled",
                        xstrdup(sent ? "cancelled by the script"
                                     : "cancelled before it was sent; nothing "
                                       "was bought"));
    }
    purchase_wake(p);
}

// --- where it begins

static void take_open(struct purchase *p, enum attempt_state state)
{
    bool sent = state == ATTEMPT_ACCEPTED || state == ATTEMPT_RUNNING ||
                state == ATTEMPT_READY || state == ATTEMPT_FETCHING;
    struct dry_answer answer = {0};
    if (!sent || p->played->again) {
        deliver_now(p);
        return;
    }
    facts_of(p, &answer);
    p->played->seconds = answer.seconds;
    p->played->width = answer.width;
    p->played->height = answer.height;
    accepted(p, expected(p));
}

// Once more what it came to, of one that the engine has let go of.
static void take_new(struct purchase *p)
{
    if (p->played->again)
        deliver_now(p);
    else
        want(p);
}

static void take_row(struct purchase *p, const struct purchase_row *row)
{
    enum attempt_state state = row->attempt.state;
    // An intent was never sent, and a run sends it.
    if (settle_leaves_to_buy(&row->attempt) || state == ATTEMPT_INTENT) {
        take_new(p);
        return;
    }
    p->found = state;
    p->played->bought_before = row->bought;
    purchase_take_row(p, row);
    bool open = attempt_state_is_open(state);
    if (state == ATTEMPT_DELIVERED && p->n_clips > 0) {
        purchase_settle_delivered(p);
    } else if (open || state == ATTEMPT_DELIVERED) {
        take_open(p, state);
    } else if (p->engine->config.retry_failed || retry_wants(p, row)) {
        restart(p);
        take_new(p);
    } else {
        resume_recorded(p, &row->attempt);
    }
}

static bool recall(struct purchase *p)
{
    const struct dry_hooks *hooks = p->engine->config.hooks;
    if (!hooks || !hooks->seen)
        return true;
    const struct dry_seen *seen = hooks->seen;
    struct dry_memo memo = {0};
    struct err err;
    if (!seen->find(seen->ctx, p->fingerprint, &p->played->again, &memo,
                    &err)) {
        purchase_note_err(p, &err);
        purchase_settle_disk(p);
        return false;
    }
    p->played->arrival = memo.arrival;
    p->played->cells = memo.cells;
    return true;
}

void dry_look(struct purchase *p)
{
    struct purchase_row row;
    if (!recall(p) || !purchase_find(p, p->fingerprint, &row))
        return;
    take_row(p, &row);
    purchase_row_free(&row);
}
