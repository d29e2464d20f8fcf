#include "engine/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/api.h"
#include "engine/flow.h"
#include "engine/gate.h"
#include "engine/purchase.h"
#include "engine/trouble.h"
#include "ledger/runs.h"

#define MARK_MS 60000
#define APART_MS 2000
#define AGAIN_FIRST_MS 1000
#define AGAIN_MOST_MS 15000
#define CHANGED_MS 250 // it was bought from while it was read
#define BLIND_MAX 8    // whole ones
#define LEAST_MS 250
#define RESENT_MAX 3 // a service that loses all would be asked for ever
#define FAILED_MAX 6 // in a row
#define FAILED_FEW 3 // of one that never answered
#define PAGES_MAX 1000
#define BYTES_MAX (256u << 20)
#define SAY_FROM_MS 3000
#define OURS_MAX 64

struct list {
    struct gate *gate;
    struct loop_timer *timer;
    struct net_exchange *exchange;
    struct answer answer;
    bool look; // something has changed
    bool due;  // an answer is there
    bool over; // not asked for again in this run
    bool works;
    bool blind; // whole ones can name a task, and prove nothing
    int failed; // in a row
    int64_t next_ms;
    // the reading under way, or the last
    int page, epoch;
    bool changed;
    int64_t begun_ms, asked_ms, ended_ms;
    int64_t since_ms; // none of the processes that answered began before it
    int64_t total;    // -1: not said yet
    size_t rows, bytes;
    struct index tasks;
};

// --- who is dead
static void note_dead(void *arg, const char *run)
{
    struct engine *engine = arg;
    if (strcmp(run, engine->run) != 0 && run_is_dead(engine->state_dir, run))
        index_set(&engine->dead, run, engine);
}

void list_find_dead(struct engine *engine)
{
    struct err err;
    if (!ledger_unsettled_owners(engine->config.ledger, note_dead, engine,
                                 &err))
        log_warn("%s", err.text);
    engine->dead_ms = engine_now(engine);
}

// When its run says that it ended; 0: it was killed.
static int64_t ended_at(struct engine *engine, const char *run)
{
    int64_t ms = 0;
    struct err err;
    if (!ledger_run_ended(engine->config.ledger, run, &ms, &err))
        log_warn("%s", err.text);
    return ms;
}

void list_orphaned(struct purchase *p, const struct attempt_row *attempt)
{
    struct engine *engine = p->engine;
    int64_t now = engine_now(engine);
    int64_t ended_ms = ended_at(engine, attempt->owner);
    int64_t age = engine_wall(engine) - ended_ms;
    bool known = index_get(&engine->dead, attempt->owner);
    p->over_ms = known ? engine->dead_ms : now;
    trouble_met(p)->mark_ms = p->over_ms + MARK_MS;
    // A clock that has stepped back does not tell its age.
    if (ended_ms > 0 && age > now - p->over_ms)
        trouble_met(p)->mark_ms = now - age + MARK_MS;
}

// --- who waits
// Its callback URL has a token, and nothing is known of it yet.
static bool waits(const struct purchase *p)
{
    return !p->settled && p->state == ATTEMPT_UNKNOWN && p->over_ms &&
           p->port && trouble_of(p)->resent < RESENT_MAX && !p->listed &&
           !p->writing && !p->claim && !p->exchange && !p->in_line;
}

bool list_hopes(const struct purchase *p)
{
    const struct list *l = p->gate->list;
    return l && !l->over && !l->blind && waits(p) && !p->heard &&
           gate_ask_wait(p->gate) <= MARK_MS &&
           l->failed < (l->works ? FAILED_MAX : FAILED_FEW);
}

// When the list is to be read for it.
static int64_t wanted(const struct purchase *p)
{
    const struct list *l = p->gate->list;
    const struct trouble *trouble = trouble_of(p);
    if (trouble->absent_ms)
        return trouble->absent_ms + APART_MS;
    if (!trouble->lists)
        return p->over_ms;
    int64_t again =
        l->ended_ms +
        pace_back_off(trouble->lists - 1, AGAIN_FIRST_MS, AGAIN_MOST_MS, 0.5);
    bool passes = l->begun_ms < trouble->mark_ms && trouble->mark_ms < again;
    return passes ? trouble->mark_ms : again;
}

static bool earliest(const struct list *l, int64_t *at)
{
    bool any = false;
    for (struct purchase *p = l->gate->engine->all; p; p = p->next) {
        if (p->gate != l->gate || !waits(p) ||
            (l->blind && trouble_of(p)->lists >= BLIND_MAX))
            continue;
        int64_t own = wanted(p);
        *at = !any || own < *at ? own : *at;
        any = true;
    }
    return any;
}

void list_say_wait(struct engine *engine)
{
    if (engine->said_lists)
        return;
    int64_t now = engine_now(engine), until = now;
    const struct purchase *last = NULL;
    for (struct purchase *p = engine->all; p; p = p->next) {
        // The first reading may tell at once.
        const struct trouble *trouble = trouble_of(p);
        if (list_hopes(p) && trouble->lists > 0 && trouble->mark_ms > until) {
            until = trouble->mark_ms;
            last = p;
        }
    }
    if (!last || until - now < SAY_FROM_MS)
        return;
    engine->said_lists = true;
    char *text = xasprintf(
        "'%s' did not say whether it was bought; its list of tasks will tell, "
        "once a minute has passed: waiting %lld s for that",
        purchase_where(last), (long long)((until - now + 999) / 1000));
    engine_say(engine, ENGINE_WARNING, last, text);
    free(text);
}

// --- reading
static void end_reading(struct list *l)
{
    l->page = 0;
    index_free(&l->tasks);
    l->look = true;
}

static void give_up(struct list *l, const char *why)
{
    log_debug("the list of '%s' proves nothing: %s", l->gate->gateway->name,
              why);
    l->over = true;
    end_reading(l);
}

static void read_later(struct list *l, int64_t first)
{
    const struct engine *engine = l->gate->engine;
    if (++l->failed > FAILED_MAX && !l->changed) {
        give_up(l, "it fails again and again");
        return;
    }
    l->next_ms = engine_now(engine) +
                 pace_back_off(l->failed - 1, first, AGAIN_MOST_MS, 0.5);
    end_reading(l);
}

static void on_page(void *arg, const struct net_response *response)
{
    struct list *l = arg;
    l->exchange = NULL;
    api_take(l->gate, response, &l->answer);
    l->due = l->look = true;
}

static void ask_page(struct list *l)
{
    const struct dialect *dialect = l->gate->gateway->dialect;
    struct dialect_ctx ctx = api_ctx(l->gate, "");
    struct dialect_call call = {0};
    struct err err = {.text = ""};
    l->asked_ms = engine_now(l->gate->engine);
    l->epoch = l->gate->epoch;
    if (dialect->list(dialect->ctx, l->page, &ctx, &call, &err))
        l->exchange = api_ask(l->gate, &call, 0, on_page, l, &err);
    dialect_call_free(&call);
    if (!l->exchange)
        give_up(l, err.text);
}

static void begin_reading(struct list *l)
{
    l->page = 1;
    l->changed = l->blind = false;
    l->begun_ms = engine_now(l->gate->engine);
    l->since_ms = INT64_MAX;
    l->total = -1;
    l->rows = l->bytes = 0;
    ask_page(l);
}

// --- what a page says
// The purchase whose token stands in `url`: NULL for all that are not ours.
static struct purchase *named_by(struct gate *gate, const char *url)
{
    char token[TOKEN_HEX] = "";
    for (size_t digits = 0; *url; url++) {
        bool digit =
            (*url >= '0' && *url <= '9') || (*url >= 'a' && *url <= 'f');
        digits = digit ? digits + 1 : 0;
        if (digits < TOKEN_HEX - 1)
            continue;
        memcpy(token, url - (TOKEN_HEX - 2), TOKEN_HEX - 1);
        struct purchase *p = index_get(&gate->engine->by_token, token);
        if (p && p->gate == gate && strcmp(p->token, token) == 0)
            return p;
    }
    return NULL;
}

static void take_row(struct list *l, const struct dialect_listed *row)
{
    l->rows++;
    l->changed |= index_get(&l->tasks, row->task_id) != NULL;
    index_set(&l->tasks, row->task_id, l);
    l->blind |= !row->callback_url;
    struct purchase *p =
        row->callback_url ? named_by(l->gate, row->callback_url) : NULL;
    if (!p || p->state != ATTEMPT_UNKNOWN)
        return;
    bool free_to = waits(p);
    p->listed = true;
    if (free_to)
        unknown_listed(p, row->task_id);
}

static void take_page(struct list *l, const struct dialect_list *page)
{
    for (size_t i = 0; i < page->n; i++)
        take_row(l, &page->tasks[i]);
    l->changed |= l->total >= 0 && page->total != l->total;
    l->changed |= page->more && page->n == 0;
    l->total = page->total;
    l->bytes += l->answer.len;
    // No earlier than that: it has not answered before it was asked.
    int64_t since =
        page->uptime_ms >= 0 ? l->asked_ms - page->uptime_ms - 1 : 0;
    if (since < l->since_ms)
        l->since_ms = since;
}

// --- what a whole reading proves
static bool proves_absent(struct list *l, struct purchase *p)
{
    if (l->gate->gateway->local && l->since_ms > p->over_ms)
        return true;
    const struct trouble *trouble = trouble_of(p);
    if (trouble->absent_ms)
        return l->begun_ms >= trouble->absent_ms + APART_MS;
    if (l->begun_ms >= trouble->mark_ms && l->begun_ms >= p->over_ms)
        trouble_met(p)->absent_ms = l->ended_ms;
    return false;
}

// --- what was ours

// The newest tasks of those that the engine has let go of.
struct ours {
    struct our_task {
        char *task_id;
        int64_t accepted_ms;
    } tasks[OURS_MAX];
    size_t n; // ever
};

void list_was_ours(const struct purchase *p)
{
    struct gate *gate = p->gate;
    if (!gate->gateway->dialect->list || !p->task_id)
        return;
    if (!gate->ours)
        gate->ours = xcalloc(1, sizeof(*gate->ours));
    struct our_task *task = &gate->ours->tasks[gate->ours->n++ % OURS_MAX];
    free(task->task_id);
    *task = (struct our_task){xstrdup(p->task_id), p->polls.accepted_ms};
}

void list_free_ours(struct ours *ours)
{
    for (size_t i = 0; ours && i < OURS_MAX; i++)
        free(ours->tasks[i].task_id);
    free(ours);
}

static bool lacks(const struct list *l, const char *task_id,
                  int64_t accepted_ms)
{
    return task_id && accepted_ms < l->begun_ms &&
           !index_get(&l->tasks, task_id);
}

// It lacks a task that is ours: it is another key's, another service's at the
// same address, or behind its time, and tells what it has, not what it has not.
static bool lacks_ours(const struct list *l)
{
    bool one = false;
    const struct ours *ours = l->gate->ours;
    for (size_t i = 0; ours && i < OURS_MAX && !one; i++)
        one = lacks(l, ours->tasks[i].task_id, ours->tasks[i].accepted_ms);
    const struct purchase *p = l->gate->engine->all;
    for (; p && !one; p = p->next) {
        bool there =
            attempt_state_is_open(p->state) || p->state == ATTEMPT_DELIVERED;
        one = there && p->gate == l->gate &&
              lacks(l, p->task_id, p->polls.accepted_ms);
    }
    return one;
}

static void take_whole(struct list *l)
{
    l->failed = 0;
    l->blind |= lacks_ours(l);
    l->next_ms = l->ended_ms + LEAST_MS;
    for (struct purchase *p = l->gate->engine->all; p; p = p->next) {
        if (p->gate != l->gate || !waits(p) || l->begun_ms < p->over_ms)
            continue;
        trouble_met(p)->lists++;
        if (!l->blind && !p->heard && proves_absent(l, p))
            unknown_absent(p);
    }
    end_reading(l);
}

static void end_of_list(struct list *l)
{
    l->ended_ms = engine_now(l->gate->engine);
    if (l->changed || (int64_t)l->rows != l->total)
        read_later(l, CHANGED_MS);
    else
        take_whole(l);
}

static void on_listed(struct list *l, const struct dialect_list *page)
{
    if (!page->read) {
        read_later(l, AGAIN_FIRST_MS);
        return;
    }
    take_page(l, page);
    if (!page->complete) {
        give_up(l, "it does not say that it is complete");
        return;
    }
    l->works = true;
    if (!page->more || l->changed)
        end_of_list(l);
    else if (l->page == PAGES_MAX || l->bytes > BYTES_MAX)
        give_up(l, "it is too long");
    else
        l->page++;
}

static void read_page(struct list *l)
{
    const struct dialect *dialect = l->gate->gateway->dialect;
    struct dialect_answer answer = answer_view(&l->answer);
    struct dialect_list page = {.uptime_ms = -1};
    struct err err;
    l->due = false;
    bool often = gate_asked_too_often(l->gate, &l->answer, NULL, l->asked_ms);
    if (l->answer.result == NET_NOT_SENT)
        gate_lost_at(l->gate, l->epoch);
    if (often || l->answer.result != NET_ANSWERED)
        read_later(l, AGAIN_FIRST_MS);
    else if (!dialect->listed(dialect->ctx, &answer, &page, &err))
        give_up(l, err.text);
    else
        on_listed(l, &page);
    dialect_list_free(&page);
    answer_free(&l->answer);
}

// --- its turn
static void on_timer(void *arg)
{
    struct list *l = arg;
    l->look = true;
}

// Whether the next page, or the first, is to be asked for now.
static bool may_ask(struct list *l)
{
    int64_t now = engine_now(l->gate->engine);
    int64_t at = now, held = gate_ask_wait(l->gate);
    if (!l->page && !earliest(l, &at))
        return false;
    if (!l->page && at < l->next_ms)
        at = l->next_ms;
    if (at < now + held)
        at = now + held;
    if (at > now) {
        loop_timer_start(l->timer, at - now);
        return false;
    }
    enum gate_state state = gate_open(l->gate);
    l->over = state == GATE_SHUT;
    l->look = state == GATE_OPENING; // looked at until it is open
    return state == GATE_OPEN;
}

void list_step(struct gate *gate)
{
    struct list *l = gate->list;
    if (!l || !l->look || l->over)
        return;
    l->look = false;
    if (gate->engine->stopped) {
        l->over = true;
        return;
    }
    if (l->due)
        read_page(l);
    if (l->over || l->exchange || !may_ask(l))
        return;
    if (l->page)
        ask_page(l);
    else
        begin_reading(l);
}

void list_want(struct purchase *p)
{
    struct gate *gate = p->gate;
    if (!gate->gateway->dialect->list)
        return;
    if (p->posted) // by this run, which heard how it ended
        trouble_met(p)->mark_ms = p->over_ms + MARK_MS;
    if (!gate->list) {
        struct list *l = gate->list = xcalloc(1, sizeof(*l));
        l->gate = gate;
        l->timer = loop_timer_new(gate->engine->config.loop, on_timer, l);
    }
    gate->list->look = true;
}

void list_free(struct list *l)
{
    if (!l)
        return;
    if (l->exchange)
        net_cancel(l->exchange);
    loop_timer_free(l->timer);
    answer_free(&l->answer);
    index_free(&l->tasks);
    free(l);
}
