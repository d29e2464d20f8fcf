#include "gateway/callback.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/json.h"
#include "net/client.h"

#define TIMEOUT_MS 10000
#define ANSWER_MAX 65536 // of an answer's body, which nobody reads

// What is to be told about one task. In the list `waiting` when it has news
// and no slot; with `exchange` when it is being told; else it waits for the
// timer.
struct delivery {
    struct callbacks *callbacks;
    struct task *task;
    struct loop_timer *timer;
    struct net_exchange *exchange;
    bool queued;
    bool news;                  // newer than what is being told
    bool final;                 // what is being told is the task's end
    bool barred;                // its machine may not be called
    int tries;                  // of the end, that failed
    struct fault fault;         // that befalls them
    TAILQ_ENTRY(delivery) link; // in `waiting`
    TAILQ_ENTRY(delivery) all;
};

TAILQ_HEAD(delivery_list, delivery);

struct callbacks {
    struct loop *loop;
    struct net_client *client;
    struct tasks *tasks;
    struct rehearsal *rehearsal;
    const struct hosts *hosts;
    struct delivery_list waiting, all;
    int sending;
    bool said_foreign;
};

static void delivery_free(struct delivery *d)
{
    struct callbacks *cs = d->callbacks;
    if (d->queued)
        TAILQ_REMOVE(&cs->waiting, d, link);
    TAILQ_REMOVE(&cs->all, d, all);
    loop_timer_free(d->timer);
    d->task->delivery = NULL;
    free(d);
}

static void settle(struct delivery *d, enum task_callback outcome)
{
    struct callbacks *cs = d->callbacks;
    struct task *task = d->task;
    if (outcome == TASK_CALLBACK_NONE)
        log_warn("gateway: %s: its callback was never answered", task->id);
    delivery_free(d);
    task_callback(cs->tasks, task, outcome);
}

static void send_waiting(struct callbacks *cs);

static void wait_for_slot(struct delivery *d)
{
    if (!d->queued)
        TAILQ_INSERT_TAIL(&d->callbacks->waiting, d, link);
    d->queued = true;
}

static void on_timer(void *arg)
{
    struct delivery *d = arg;
    if (d->barred || d->fault.kind == FAULT_CALLBACK_LOST) {
        settle(d, TASK_CALLBACK_NONE);
        return;
    }
    wait_for_slot(d);
    send_waiting(d->callbacks);
}

static void on_answer(void *arg, const struct net_response *r)
{
    struct delivery *d = arg;
    struct callbacks *cs = d->callbacks;
    bool arrived =
        r->result == NET_ANSWERED && r->status >= 200 && r->status < 300;
    d->exchange = NULL;
    cs->sending--;
    bool once_more = d->fault.kind == FAULT_CALLBACK_FORGED ||
                     (d->fault.kind == FAULT_CALLBACK_TWICE && d->final);
    if (once_more)
        d->fault.kind = FAULT_NONE;
    if (d->news || once_more)
        wait_for_slot(d);
    else if (d->final && arrived)
        settle(d, TASK_CALLBACK_DELIVERED);
    else if (d->final && (d->tries == CALLBACK_TRIES || r->barred))
        settle(d, TASK_CALLBACK_NONE);
    else if (d->final)
        loop_timer_start(d->timer, 1000LL << d->tries++);
    send_waiting(cs);
}

static char *body_of(const struct delivery *d)
{
    if (d->fault.kind == FAULT_CALLBACK_FORGED)
        return rehearsal_lie();
    struct value *v = task_feed(d->task, d->task->host);
    char *body = json_text(v);
    value_free(v);
    return body;
}

static void send_now(struct delivery *d)
{
    struct callbacks *cs = d->callbacks;
    char *body = body_of(d);
    d->news = false;
    d->final = task_is_final(d->task->state);
    cs->sending++;
    enum net_reach reach = hosts_reach(cs->hosts, d->task->callback_url);
    const struct net_header type = {"Content-Type", "application/json"};
    d->exchange = net_send(cs->client, &(struct net_request){
                                           .method = "POST",
                                           .url = d->task->callback_url,
                                           .headers = &type,
                                           .n_headers = 1,
                                           .body = body,
                                           .body_len = strlen(body),
                                           .body_max = ANSWER_MAX,
                                           .timeout_ms = TIMEOUT_MS,
                                           .reach = reach,
                                           .direct = reach != NET_REACH_ANY,
                                           .done = on_answer,
                                           .arg = d,
                                       });
    free(body);
}

static void send_waiting(struct callbacks *cs)
{
    while (cs->sending < CALLBACKS_AT_ONCE) {
        struct delivery *d = TAILQ_FIRST(&cs->waiting);
        if (!d)
            break;
        TAILQ_REMOVE(&cs->waiting, d, link);
        d->queued = false;
        send_now(d);
    }
}

struct callbacks *callbacks_new(struct loop *loop, struct net_client *client,
                                struct tasks *tasks,
                                struct rehearsal *rehearsal,
                                const struct hosts *hosts)
{
    struct callbacks *cs = xcalloc(1, sizeof *cs);
    cs->loop = loop;
    cs->client = client;
    cs->tasks = tasks;
    cs->rehearsal = rehearsal;
    cs->hosts = hosts;
    TAILQ_INIT(&cs->waiting);
    TAILQ_INIT(&cs->all);
    return cs;
}

static void say_foreign(struct callbacks *cs, const struct task *t)
{
    if (!t->callback_url || cs->said_foreign)
        return;
    char *host = net_host(t->callback_url);
    log_info("gateway: callbacks to other machines are not sent (%s wanted "
             "them at %s); --callback-hosts says to which they are",
             t->id, host ? host : "no host at all");
    free(host);
    cs->said_foreign = true;
}

static struct delivery *delivery_new(struct callbacks *cs, struct task *t)
{
    struct delivery *d = xcalloc(1, sizeof *d);
    d->callbacks = cs;
    d->task = t;
    d->timer = loop_timer_new(cs->loop, on_timer, d);
    d->fault = rehearsal_callback(cs->rehearsal, t->id);
    d->barred = !hosts_allow(cs->hosts, t->callback_url);
    t->delivery = d;
    TAILQ_INSERT_TAIL(&cs->all, d, all);
    return d;
}

void callbacks_changed(struct callbacks *cs, struct task *t)
{
    if (t->state == TASK_QUEUED)
        return; // its submit has just been answered
    if (t->callback != TASK_CALLBACK_OWED) {
        say_foreign(cs, t);
        return;
    }
    struct delivery *d = t->delivery ? t->delivery : delivery_new(cs, t);
    d->news = d->exchange != NULL;
    if (d->barred)
        say_foreign(cs, t);
    if (d->barred || d->fault.kind == FAULT_CALLBACK_LOST ||
        d->fault.kind == FAULT_CALLBACK_LATE) {
        if (task_is_final(
                t->state)) // not now: the task is in our caller's hands
            loop_timer_start(d->timer, d->fault.ms > 0 ? d->fault.ms : 0);
        return;
    }
    if (!d->exchange)
        wait_for_slot(d);
    send_waiting(cs);
}

void callbacks_free(struct callbacks *cs)
{
    if (!cs)
        return;
    struct delivery *d;
    while ((d = TAILQ_FIRST(&cs->all)) != NULL) {
        if (d->exchange)
            net_cancel(d->exchange);
        delivery_free(d);
    }
    free(cs);
}
