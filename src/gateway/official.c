// Runway's own API: what is bought.

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "gateway/answer.h"
#include "gateway/inputs.h"
#include "gateway/official.h"
#include "gateway/official_answer.h"
#include "gateway/official_order.h"

#define API "official"
// A larger body (one with an image inside) is read in a thread.
#define READ_HERE_MAX 65536
#define DAY_MS ((int64_t)24 * 3600 * 1000)

struct purchase {
    struct routes *routes;
    struct net_call *call;
    const char *route; // "image_to_video"
    char *host;
    const char *body; // the call's
    size_t len;
    struct fault fault;
    struct order order;
    struct schema_issues issues;
    bool ok;
};

static void purchase_free(struct purchase *p)
{
    schema_issues_clear(&p->issues);
    order_clear(&p->order);
    free(p->host);
    free(p);
}

static void bought(void *arg, const struct task *task, const struct err *err)
{
    struct purchase *p = arg;
    if (!task) {
        log_error("gateway: a submit could not be recorded: %s", err->text);
        official_error(p->routes, p->call, 500, err->text);
    } else {
        char *shown = text_printable(task->prompt, strlen(task->prompt), 60);
        log_info("gateway: %s: %s of %s", task->id, p->route, shown);
        free(shown);
        CRASH_POINT("after", "task");
        struct value *cost = value_map();
        value_set(cost, "credits", official_credits(task->cost));
        struct value *v = value_map();
        value_set(v, "id", value_str(task->id));
        value_set(v, "estimatedCost", cost);
        rehearsal_json(p->routes->rehearsal, &p->fault, p->call, v);
    }
    purchase_free(p);
}

// A task whose price its end will tell is let in while there is enough for one
// second of it.
static bool can_pay(const struct purchase *p, struct err *err)
{
    const struct routes *r = p->routes;
    int64_t spent;
    if (r->credits == 0)
        return true;
    err->kind = ERR_NONE;
    return tasks_spent(r->tasks, API, &spent, err) &&
           spent + p->order.cost <= r->credits * 1000;
}

static bool day_is_full(const struct purchase *p)
{
    const struct routes *r = p->routes;
    int64_t since = clock_wall_ms(&clock_system) - DAY_MS;
    return tasks_bought_since(r->tasks, API, p->order.model, since) >=
           official_a_day(r->wire, r->tier, p->order.model);
}

static bool refused(const struct purchase *p)
{
    const struct routes *r = p->routes;
    struct err err = {.kind = ERR_NONE};
    unsigned status = 0;
    const char *text = err.text;
    if (!p->ok) {
        official_invalid(r, p->call, &p->issues);
        return true;
    }
    if (!can_pay(p, &err)) {
        status = 400;
        text = "You do not have enough credits to run this task.";
    } else if (day_is_full(p)) {
        status = 429;
        text = "Your daily task limit has been reached.";
    }
    if (err.kind != ERR_NONE) {
        status = 500;
        text = err.text;
    }
    if (status > 0)
        official_error(r, p->call, status, text);
    return status > 0;
}

static void buy(struct purchase *p)
{
    const struct routes *r = p->routes;
    if (refused(p)) {
        purchase_free(p);
        return;
    }
    p->order.at_once = official_at_once(r->wire, r->tier, p->order.model);
    tasks_add(r->tasks,
              &(struct task_new){.api = API,
                                 .route = p->route,
                                 .profile = "",
                                 .host = p->host,
                                 .request = p->body,
                                 .order = &p->order},
              bought, p);
}

static void read_body(void *arg)
{
    struct purchase *p = arg;
    const struct routes *r = p->routes;
    struct err err;
    p->ok = official_order(r->wire, p->route, p->body, p->len, r->draft,
                           &p->order, &p->issues);
    if (p->ok && r->inputs &&
        !inputs_allowed(r->inputs, &p->order, p->host, &err)) {
        p->issues.all[p->issues.n++] =
            (struct schema_issue){.code = "custom",
                                  .path = value_list(),
                                  .message = xstrdup(err.text)};
        p->ok = false;
    }
}

static void read_done(void *arg)
{
    struct purchase *p = arg;
    p->routes->reading--;
    buy(p);
}

static void create(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault)
{
    if (tasks_full(r->tasks)) {
        net_answer_header(call, "Retry-After", "10");
        official_error(r, call, 429, "Too many open tasks; try again later.");
        return;
    }
    struct purchase *p = xcalloc(1, sizeof *p);
    p->routes = r;
    p->call = call;
    p->route = route->path + strlen("/v1/");
    p->host = xstrdup(routes_host(r, call));
    p->fault = *fault;
    p->body = net_call_body(call, &p->len);
    if (p->len <= READ_HERE_MAX) {
        read_body(p);
        buy(p);
    } else {
        r->reading++;
        loop_work(r->loop, read_body, read_done, p);
    }
}

#define CREATE(name)                                                           \
    {                                                                          \
        "/v1/" name, "POST", API_OFFICIAL, FAULT_AT_SUBMIT, create             \
    }

const struct route official_routes[] = {
    CREATE("image_to_video"),
    CREATE("text_to_video"),
    CREATE("video_to_video"),
    CREATE("character_performance"),
    CREATE("video_upscale"),
    CREATE("text_to_image"),
    {"/v1/tasks/", "GET, HEAD, DELETE", API_OFFICIAL, 0, official_task},
    {"/v1/organization", "GET, HEAD", API_OFFICIAL, 0, official_organization},
    {"/v1/organization/usage", "POST", API_OFFICIAL, 0, official_usage},
    {"/v1/uploads", "POST", API_OFFICIAL, 0, official_upload},
    {NULL, NULL, API_OPEN, 0, NULL},
};
