// The reverse format, /runway and /runway/v1: what buys.

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "gateway/answer.h"
#include "gateway/inputs.h"
#include "gateway/order.h"
#include "gateway/reverse_feed.h"
#include "gateway/reverse_order.h"
#include "gateway/routes.h"

// A larger body (one with an image inside) is read in a thread.
#define READ_HERE_MAX 65536
#define CREDIT 1000 // of order.cost

struct submission {
    struct routes *routes;
    struct net_call *call;
    int64_t started_us;
    const char *name; // of the route, in wire/reverse.yaml; borrowed
    char *host;
    const char *body; // the call's
    size_t len;
    struct fault fault;
    struct order order;
    bool ok;
    struct reverse_refusal why;
};

static void submission_free(struct submission *s)
{
    order_clear(&s->order);
    free(s->why.message);
    free(s->host);
    free(s);
}

static void refused(struct submission *s)
{
    answer_task_error(s->call, 400, s->why.code, s->why.message);
    submission_free(s);
}

// --- what was bought

static void log_bought(const struct task *task)
{
    char *shown = text_printable(task->prompt, strlen(task->prompt), 60);
    if (task->seconds > 0)
        log_info("gateway: %s: %g s of %s", task->id, task->seconds, shown);
    else
        log_info("gateway: %s: %s of %s", task->id, task->route,
                 *shown ? shown : "a film");
    free(shown);
}

static void bought(void *arg, const struct task *task, const struct err *err)
{
    struct submission *s = arg;
    const struct answer_form form = {.shape = WIRE_NATIVE,
                                     .started_us = s->started_us};
    if (!task) {
        log_error("gateway: a submit could not be recorded: %s", err->text);
        answer_task_error(s->call, 500, "insert_task_failed", err->text);
    } else {
        log_bought(task);
        CRASH_POINT("after", "task");
        struct value *data = value_map();
        value_set(data, "task_id", value_str(task->id));
        if (s->fault.kind == FAULT_SLOW)
            rehearsal_data_late(s->routes->rehearsal, &s->fault, s->call, data,
                                s->started_us);
        else
            rehearsal_data(&s->fault, s->call, data, &form);
    }
    submission_free(s);
}

// --- what is asked

static void read_body(void *arg)
{
    struct submission *s = arg;
    const struct routes *r = s->routes;
    struct err err;
    s->ok = reverse_order(r->wire, r->profile, s->name, s->body, s->len,
                          r->draft, &s->order, &s->why);
    if (s->ok && r->inputs &&
        !inputs_allowed(r->inputs, &s->order, s->host, &err)) {
        s->why = (struct reverse_refusal){"invalid_request", xstrdup(err.text)};
        s->ok = false;
    }
}

// A header that the profile wants. Where pages disagree on it, the client gets
// a warning and what it asked for.
static bool header_ok(struct submission *s)
{
    bool required = false;
    const char *name = reverse_header(s->routes->wire, s->routes->profile,
                                      s->name, &s->order, &required);
    if (!name || net_call_header(s->call, name))
        return true;
    char *text = xasprintf(required ? "%s: required, a date as 2024-11-06"
                                    : "299 - \"%s is missing\"",
                           name);
    if (required)
        s->why = (struct reverse_refusal){"invalid_request", text};
    else
        net_answer_header(s->call, "Warning", text);
    if (!required)
        free(text);
    return !required;
}

// A task whose price its input decides must have room for a second.
static bool has_quota(struct submission *s)
{
    const struct routes *r = s->routes;
    int64_t spent = 0;
    struct err err;
    if (r->credits == 0)
        return true;
    if (!tasks_spent(r->tasks, "reverse", &spent, &err)) {
        answer_task_error(s->call, 500, "get_quota_failed", err.text);
        return false;
    }
    if (spent + s->order.cost <= r->credits * CREDIT)
        return true;
    char *text = xasprintf("quota_not_enough: %lld of %lld credits are spent, "
                           "and this costs %lld",
                           (long long)(spent / CREDIT), (long long)r->credits,
                           (long long)(s->order.cost / CREDIT));
    answer_task_error(s->call, 403, "quota_not_enough", text);
    free(text);
    return false;
}

static void buy(struct submission *s)
{
    const struct routes *r = s->routes;
    if (!s->ok || !header_ok(s)) {
        refused(s);
    } else if (!has_quota(s)) {
        submission_free(s);
    } else {
        tasks_add(r->tasks,
                  &(struct task_new){.api = "reverse",
                                     .route = s->name,
                                     .profile = r->profile,
                                     .host = s->host,
                                     .request = s->body,
                                     .order = &s->order},
                  bought, s);
    }
}

static void read_done(void *arg)
{
    struct submission *s = arg;
    s->routes->reading--;
    s->routes->submits--;
    buy(s);
}

static void submit(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault)
{
    if (tasks_full(r->tasks)) {
        net_answer_header(call, "Retry-After", "10");
        answer_task_error(call, 429, "queue_full",
                          "too many open tasks; try again later");
        return;
    }
    struct submission *s = xcalloc(1, sizeof *s);
    s->routes = r;
    s->call = call;
    s->fault = *fault;
    s->name = strrchr(route->path, '/') + 1;
    s->started_us = clock_mono_us();
    s->host = xstrdup(routes_host(r, call));
    s->body = net_call_body(call, &s->len);
    if (s->len <= READ_HERE_MAX) {
        read_body(s);
        buy(s);
    } else {
        r->reading++;
        r->submits++;
        loop_work(r->loop, read_body, read_done, s);
    }
}

#define BUYS "POST", API_REVERSE, FAULT_AT_SUBMIT, submit
#define TELLS "POST", API_REVERSE, FAULT_AT_POLL

// A path ends with its name in wire/reverse.yaml.
const struct route reverse_routes[] = {
    {"/runway/pro/generate", BUYS},
    {"/runway/pro/video2video", BUYS},
    {"/runway/pro/act_one", BUYS},
    {"/runway/pro/act_two", BUYS},
    {"/runway/pro/aleph", BUYS},
    {"/runway/feed", TELLS, reverse_feed},
    {"/runway/list", TELLS, reverse_list},
    {"/runway/v1/pro/generate", BUYS},
    {"/runway/v1/pro/video2video", BUYS},
    {"/runway/v1/pro/act_one", BUYS},
    {"/runway/v1/pro/act_two", BUYS},
    {"/runway/v1/pro/aleph", BUYS},
    {"/runway/v1/feed", TELLS, reverse_feed},
    {"/runway/v1/list", TELLS, reverse_list},
    {NULL, NULL, API_OPEN, 0, NULL},
};
