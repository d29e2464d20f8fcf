#include "gateway/reverse_feed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/input.h"

#define LIST_ROWS 50
#define LIST_ROWS_MAX 100
#define LIST_PAGES_MAX 1000000000

struct look {
    const char *host;
    struct value *data; // NULL: nothing of ours was seen
    char *action;
};

// "video2video" -> "VIDEO2VIDEO"
static char *capitals(const char *name)
{
    char *text = xstrdup(name);
    for (char *c = text; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return text;
}

// What the official API bought is not this one's to tell.
static void see(void *arg, const struct task *t)
{
    struct look *look = arg;
    if (t->hidden || strcmp(t->api, "reverse") != 0)
        return;
    look->data = task_feed(t, look->host);
    look->action = capitals(t->route);
}

static void tell(struct routes *r, struct net_call *call,
                 const struct fault *fault, const char *id, int64_t started_us)
{
    struct err err;
    struct look look = {.host = routes_host(r, call)};
    err.kind = ERR_NONE;
    if (asset_id_ok(id, strlen(id)))
        tasks_look(r->tasks, id, see, &look, &err);
    if (look.data)
        rehearsal_data(fault, call, look.data,
                       &(struct answer_form){.shape = r->shape,
                                             .action = look.action,
                                             .started_us = started_us});
    else if (err.kind == ERR_NONE)
        answer_no_task(call, id, r->shape);
    else
        answer_task_error(call, 500, "get_task_failed", err.text);
    free(look.action);
}

void reverse_feed(struct routes *r, const struct route *route,
                  struct net_call *call, const struct fault *fault)
{
    (void)route;
    int64_t started_us = clock_mono_us();
    size_t len;
    const char *body = net_call_body(call, &len);
    struct err err;
    struct value *v = json_read(body, len, JSON_STRICT, &err);
    const char *id = value_get_text(v, "task_id");
    if (id)
        tell(r, call, fault, id, started_us);
    else
        answer_task_error(call, 400, "invalid_request",
                          v ? "task_id: required, a string" : err.text);
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

// All tasks of this format, and for how long this process has been taking
// orders: whoever ended before it began has sent it nothing.
void reverse_list(struct routes *r, const struct route *route,
                  struct net_call *call, const struct fault *fault)
{
    (void)route;
    const struct answer_form form = {.shape = WIRE_NATIVE,
                                     .started_us = clock_mono_us()};
    struct err err;
    struct value *data = tasks_list(
        r->tasks, "reverse", number_of(call, "page", 1, LIST_PAGES_MAX),
        number_of(call, "limit", LIST_ROWS, LIST_ROWS_MAX), &err);
    if (!data) {
        answer_task_error(call, 500, "get_tasks_failed", err.text);
        return;
    }
    int64_t total = value_integer(value_get(data, "total"), 0);
    int64_t uptime_ms = clock_mono_ms(&clock_system) - r->began_ms;
    value_set(data, "total", value_int(total + r->submits));
    value_set(data, "complete", value_bool(true));
    value_set(data, "uptime_ms", value_int(uptime_ms));
    rehearsal_data(fault, call, data, &form);
}
