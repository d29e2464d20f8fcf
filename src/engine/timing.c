#include "engine/timing.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/callback.h"
#include "engine/flow.h"
#include "engine/forecast.h"
#include "engine/gate.h"
#include "engine/learned.h"
#include "engine/purchase.h"

#define LOCAL_POLL_MS 250
#define LEAST_NEAR_MS 100
#define LEAST_FAR_MS 1000
// How old a task is without its callback before it is asked for, where nothing
// is learned; while scouts find out whether they come at all, and else.
#define PATIENCE_SCOUTED_MS 20000
#define PATIENCE_NEAR_MS 5000
#define PATIENCE_FAR_MS 60000
// Of a callback, once a poll has found its task ended.
#define GRACE_NEAR_MS 500
#define GRACE_FAR_MS 5000

static int64_t least_ever(const struct purchase *p)
{
    return gateway_is_near(p->gate->gateway) ? LEAST_NEAR_MS : LEAST_FAR_MS;
}

int64_t timing_least(const struct purchase *p)
{
    if (p->gate->gateway->local)
        return LOCAL_POLL_MS;
    int64_t least = least_ever(p), min = p->gate->gateway->poll_min_ms;
    return min > least ? min : least;
}

// --- the next poll
static struct forecast *forecast_of(struct purchase *p)
{
    if (!p->polls.kind)
        p->polls.kind = learned_of(p);
    return p->polls.kind;
}

static int64_t age_at(const struct purchase *p, int64_t ms)
{
    int64_t age = ms - p->polls.accepted_ms;
    return age > 0 ? age : 0;
}

static bool hears(const struct purchase *p)
{
    return p->port && !p->untold && gate_hears(p->gate) &&
           listener_has(p->engine, p->port);
}

// What an earlier run began may have called before anybody listened: where
// nothing is known, it proves nothing.
static bool is_to_call(struct purchase *p)
{
    struct calls *calls = &p->gate->calls;
    bool fresh = p->polls.watched || calls->known == CALLS_COME;
    return fresh && hears(p) && calls_wait(calls, &p->scout);
}

static void wait_for_call(struct purchase *p)
{
    struct gate *gate = p->gate;
    p->is_caller = true;
    p->next_caller = NULL;
    p->prev_caller = gate->callers_last;
    *(gate->callers_last ? &gate->callers_last->next_caller : &gate->callers) =
        p;
    gate->callers_last = p;
}

void timing_rest(struct purchase *p)
{
    struct gate *gate = p->gate;
    if (!p->is_caller)
        return;
    p->is_caller = false;
    *(p->prev_caller ? &p->prev_caller->next_caller : &gate->callers) =
        p->next_caller;
    *(p->next_caller ? &p->next_caller->prev_caller : &gate->callers_last) =
        p->prev_caller;
}

// Something is expected of the very next poll.
static bool is_urgent(const struct purchase *p)
{
    return p->polls.called_ms || p->polls.missing || p->polls.empty ||
           p->cancel == CANCEL_UNDER_WAY;
}

// As if there were no callbacks; of one that was asked for at this age.
static int64_t wait_at(struct purchase *p, int64_t age)
{
    bool first = p->polls.watched && p->polls.ran_ms == 0;
    return forecast_wait(forecast_of(p), timing_least(p), age, first,
                         engine_chance(p->engine));
}

static int64_t patience(const struct purchase *p)
{
    if (!gateway_is_near(p->gate->gateway))
        return PATIENCE_FAR_MS;
    return p->gate->calls.known == CALLS_COME ? PATIENCE_NEAR_MS
                                              : PATIENCE_SCOUTED_MS;
}

int64_t timing_next(struct purchase *p)
{
    int64_t least = timing_least(p);
    int64_t age = age_at(p, engine_now(p->engine));
    timing_rest(p);
    if (is_urgent(p))
        return least;
    if (is_to_call(p)) {
        wait_for_call(p);
        return forecast_patience(forecast_of(p), least, age, patience(p));
    }
    return wait_at(p, age);
}

int64_t timing_still(struct purchase *p)
{
    int64_t least = timing_least(p);
    int64_t age = age_at(p, engine_now(p->engine));
    if (!p->is_caller || p->hint || p->asked || is_urgent(p) ||
        p->engine->stopped ||
        forecast_is_late(forecast_of(p), least, age, patience(p)))
        return 0;
    return forecast_patience(forecast_of(p), least, age, patience(p));
}

int64_t timing_hint(struct purchase *p)
{
    timing_rest(p);
    int64_t least = least_ever(p), held = gate_ask_wait(p->gate);
    int64_t since = engine_now(p->engine) - p->polls.last_ms;
    int64_t delay = since < least ? least - since : 0;
    return delay > held ? delay : held;
}

// It waited for its callback in vain: as if it had been planned without.
static void ask_instead(struct purchase *p)
{
    timing_rest(p);
    if (p->then != poll_now || p->due || p->in_line || p->exchange)
        return; // it is being asked for
    int64_t last = age_at(p, p->polls.last_ms);
    int64_t wait = last + wait_at(p, last) - age_at(p, engine_now(p->engine));
    purchase_after(p, wait > 0 ? wait : 0, poll_now);
}

void timing_leave(struct purchase *p)
{
    struct gate *gate = p->gate;
    bool scout = p->scout;
    calls_leave(&gate->calls, &p->scout);
    struct purchase *next = gate->callers;
    bool open = gate->calls.known == CALLS_UNKNOWN && !*gate->calls.missed;
    if (scout && next && open && !calls_wait(&gate->calls, &next->scout))
        ask_instead(next);
}

void timing_grace_over(void *arg)
{
    struct gate *gate = arg;
    if (!calls_over(&gate->calls))
        return;
    log_debug("'%s' did not call back; asking it again", gate->gateway->name);
    while (gate->callers)
        ask_instead(gate->callers);
}

void timing_heard(struct engine *engine, const char *token)
{
    for (struct gate *gate = engine->gates; gate; gate = gate->next)
        if (calls_heard(&gate->calls, token))
            loop_timer_stop(gate->grace);
}

// --- what is heard and seen
// A callback that is spelled as an answer is, and says how far the task is.
static bool says_that_it_runs(const struct purchase *p)
{
    const struct dialect *dialect = p->gate->gateway->dialect;
    struct dialect_answer body = {
        .status = 200, .body = p->heard, .len = p->heard_len};
    struct dialect_status status;
    struct err err;
    if (!dialect->state(dialect->ctx, &body, &status, &err))
        return false;
    bool runs = status.phase == DIALECT_RUNNING && status.progress >= 0 &&
                status.progress < 1;
    dialect_status_free(&status);
    return runs;
}

// The last callback, read once.
static bool goes_on(struct purchase *p)
{
    if (!p->heard)
        return false;
    bool runs = says_that_it_runs(p);
    calls_read(&p->gate->calls, runs);
    free(p->heard);
    p->heard = NULL;
    return runs;
}

bool timing_called(struct purchase *p)
{
    bool runs = calls_tell(&p->gate->calls) && goes_on(p);
    if (runs)
        p->hint = false;
    else if (!p->polls.called_ms)
        p->polls.called_ms = engine_now(p->engine);
    return !runs;
}

void timing_accepted(struct purchase *p)
{
    int64_t now = engine_now(p->engine);
    // Whose answer was lost has no place, and was accepted some time ago.
    bool watched = p->posted && p->slot;
    p->polls = (struct polls){
        .accepted_ms = now, .last_ms = now - least_ever(p), .watched = watched};
}

void timing_ran(struct purchase *p)
{
    p->polls.ran_ms = age_at(p, p->polls.last_ms);
    if (goes_on(p)) { // and nobody had read that
        p->hint = false;
        p->polls.called_ms = 0;
    }
}

// What came before nobody can have heard.
static void judge_callbacks(struct purchase *p)
{
    struct gate *gate = p->gate;
    bool kept = p->polls.watched && p->cancel == CANCEL_NOT_ASKED;
    if (!hears(p))
        return;
    if (p->polls.called_ms && calls_came(&gate->calls))
        log_debug("'%s' calls back", gate->gateway->name);
    if (!p->polls.called_ms && kept && calls_missed(&gate->calls, p->token))
        loop_timer_start(gate->grace, gateway_is_near(gate->gateway)
                                          ? GRACE_NEAR_MS
                                          : GRACE_FAR_MS);
}

struct ledger_took timing_ended(struct purchase *p, bool well)
{
    struct ledger_took took = {0};
    if (p->hint)
        timing_called(p);
    free(p->heard); // it has said all; many may wait long for their download
    p->heard = NULL;
    judge_callbacks(p);
    timing_leave(p);
    if (!well || !p->polls.watched)
        return took;
    took.most = age_at(p, p->polls.last_ms);
    took.least = p->polls.ran_ms < took.most ? p->polls.ran_ms : took.most;
    // Once that is proven, its callback says when.
    int64_t called = age_at(p, p->polls.called_ms) - timing_least(p);
    if (p->polls.called_ms && called > took.least && called < took.most)
        took.least = called;
    if (took.most < 1)
        took.most = 1;
    p->polls.watched = false;
    forecast_learn(forecast_of(p), (double)took.least, (double)took.most);
    return took;
}
