// The reverse format: /runway and /runway/v1.

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/input.h"
#include "gateway/routes.h"
#include "gateway/submit.h"

// A larger body (one with an image inside) is read in a thread.
#define READ_HERE_MAX 65536
#define LIST_ROWS 50
#define LIST_ROWS_MAX 100
#define LIST_PAGES_MAX 1000000000

// --- generate

struct submission {
    struct routes *routes;
    struct net_call *call;
    int64_t started_ms;
    char *host;
    const char *body; // the call's
    size_t len;
    struct fault fault;
    struct submit submit;
    bool ok;
    struct err err;
};

static void submission_free(struct submission *s)
{
    submit_free(&s->submit);
    free(s->host);
    free(s);
}

static void bought(void *arg, const struct task *task, const struct err *err)
{
    struct submission *s = arg;
    if (!task) {
        log_error("gateway: a submit could not be recorded: %s", err->text);
        answer_task_error(s->call, 500, "insert_task_failed", err->text);
    } else {
        char *shown = text_printable(task->prompt, strlen(task->prompt), 60);
        log_info("gateway: %s: %d s of %s", task->id, task->seconds, shown);
        free(shown);
        CRASH_POINT("after", "task");
        struct value *data = value_map();
        value_set(data, "task_id", value_str(task->id));
        if (s->fault.kind == FAULT_SLOW)
            rehearsal_data_late(s->routes->rehearsal, &s->fault, s->call, data,
                                s->started_ms);
        else
            rehearsal_data(&s->fault, s->call, data, s->started_ms);
    }
    submission_free(s);
}

static void read_body(void *arg)
{
    struct submission *s = arg;
    s->ok = submit_parse(s->body, s->len, s->host, s->routes->draft, &s->submit,
                         &s->err);
}

static void buy(struct submission *s)
{
    if (!s->ok) {
        answer_task_error(s->call, 400, "invalid_request", s->err.text);
        submission_free(s);
        return;
    }
    tasks_add(s->routes->tasks, &s->submit, s->host, s->body, bought, s);
}

static void read_done(void *arg)
{
    struct submission *s = arg;
    s->routes->reading--;
    buy(s);
}

static void generate(struct routes *r, const struct route *route,
                     struct net_call *call, const struct fault *fault)
{
    (void)route;
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
    s->started_ms = clock_mono_ms(&clock_system);
    s->host = xstrdup(routes_host(r, call));
    s->body = net_call_body(call, &s->len);
    if (s->len <= READ_HERE_MAX) {
        read_body(s);
        buy(s);
    } else {
        r->reading++;
        loop_work(r->loop, read_body, read_done, s);
    }
}

// --- the others

static void feed(struct routes *r, const struct route *route,
                 struct net_call *call, const struct fault *fault)
{
    (void)route;
    int64_t started_ms = clock_mono_ms(&clock_system);
    size_t len;
    const char *body = net_call_body(call, &len);
    struct err err;
    struct value *v = json_read(body, len, JSON_STRICT, &err);
    const char *id = value_get_text(v, "task_id");
    if (!id) {
        answer_task_error(call, 400, "invalid_request",
                          v ? "task_id: required, a string" : err.text);
        value_free(v);
        return;
    }
    err.kind = ERR_NONE;
    struct value *data =
        asset_id_ok(id, strlen(id))
            ? tasks_feed(r->tasks, id, routes_host(r, call), &err)
            : NULL;
    if (data)
        rehearsal_data(fault, call, data, started_ms);
    else if (err.kind == ERR_NONE)
        answer_task_error(call, 400, "task_not_exist", "task_not_exist");
    else
        answer_task_error(call, 500, "get_task_failed", err.text);
    value_free(v);
}

// A number of the query, from 1 to `most`; `usual` where it is none.
static int64_t number_of(const struct net_call *call, const char *name,
                         int64_t usual, int64_t most)
{
    const char *text = net_call_query(call, name);
    char *end;
    long long n = text ? strtoll(text, &end, 10) : 0;
    if (!text || n < 1 || *end)
        return usual;
    return n < most ? n : most;
}

// All tasks, and for how long this process has been taking orders: whoever
// ended before it began has sent it nothing.
static void list(struct routes *r, const struct route *route,
                 struct net_call *call, const struct fault *fault)
{
    (void)route;
    int64_t started_ms = clock_mono_ms(&clock_system);
    struct err err;
    struct value *data =
        tasks_list(r->tasks, number_of(call, "page", 1, LIST_PAGES_MAX),
                   number_of(call, "limit", LIST_ROWS, LIST_ROWS_MAX), &err);
    if (!data) {
        answer_task_error(call, 500, "get_tasks_failed", err.text);
        return;
    }
    int64_t total = value_integer(value_get(data, "total"), 0);
    value_set(data, "total", value_int(total + r->reading));
    value_set(data, "complete", value_bool(true));
    value_set(data, "uptime_ms", value_int(started_ms - r->began_ms));
    rehearsal_data(fault, call, data, started_ms);
}

const struct route reverse_routes[] = {
    {"/runway/pro/generate", "POST", API_REVERSE, FAULT_AT_SUBMIT, generate},
    {"/runway/v1/pro/generate", "POST", API_REVERSE, FAULT_AT_SUBMIT, generate},
    {"/runway/feed", "POST", API_REVERSE, FAULT_AT_POLL, feed},
    {"/runway/v1/feed", "POST", API_REVERSE, FAULT_AT_POLL, feed},
    {"/runway/list", "POST", API_REVERSE, FAULT_AT_POLL, list},
    {"/runway/v1/list", "POST", API_REVERSE, FAULT_AT_POLL, list},
    {NULL, NULL, API_OPEN, 0, NULL},
};
