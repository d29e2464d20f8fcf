#include "gateway/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/input.h"
#include "gateway/submit.h"

// A larger body (one with an image inside) is read in a thread.
#define READ_HERE_MAX 65536
#define HOST_MAX 255
#define LIST_ROWS 50
#define LIST_ROWS_MAX 100
#define LIST_PAGES_MAX 1000000000

// What the client called us, when that can stand in a URL.
static const char *host_of(const struct routes *r, const struct net_call *call)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    const char *host = net_call_header(call, "Host");
    if (!host || *host == '\0' || strlen(host) > HOST_MAX ||
        host[strspn(host, ok)] != '\0')
        return r->authority;
    return host;
}

// Digests of equal length are compared to their end, so that the time taken
// says nothing about the key.
static bool key_ok(const struct routes *r, const struct net_call *call)
{
    if (!r->key)
        return true;
    const char *given = net_call_header(call, "Authorization");
    if (!given || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    given += 7;
    char want[HASH_HEX], have[HASH_HEX];
    hash_bytes(r->key, strlen(r->key), want);
    hash_bytes(given, strlen(given), have);
    unsigned char differs = 0;
    for (size_t i = 0; i < HASH_HEX; i++)
        differs |= (unsigned char)(want[i] ^ have[i]);
    return differs == 0;
}

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

static void generate(struct routes *r, struct net_call *call,
                     const struct fault *fault)
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
    s->started_ms = clock_mono_ms(&clock_system);
    s->host = xstrdup(host_of(r, call));
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

static void feed(struct routes *r, struct net_call *call,
                 const struct fault *fault)
{
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
    struct value *data = asset_id_ok(id, strlen(id))
                             ? tasks_feed(r->tasks, id, host_of(r, call), &err)
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
static void list(struct routes *r, struct net_call *call,
                 const struct fault *fault)
{
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

static void health(struct routes *r, struct net_call *call,
                   const struct fault *fault)
{
    (void)fault;
    static const struct {
        const char *name;
        enum task_state state;
    } counts[] = {{"queued", TASK_QUEUED},
                  {"running", TASK_RUNNING},
                  {"succeeded", TASK_SUCCEEDED},
                  {"failed", TASK_FAILED}};
    struct value *tasks = value_map();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        value_set(tasks, counts[i].name,
                  value_int(tasks_count(r->tasks, counts[i].state)));
    struct value *v = value_map();
    value_set(v, "ok", value_bool(true));
    value_set(v, "version", value_str(TARMAC_VERSION));
    value_set(v, "tasks", tasks);
    answer_json(call, 200, v);
}

static void not_found(struct net_call *call)
{
    answer_platform_error(call, 404, "invalid_request",
                          "there is nothing at this path");
}

static void asset(struct routes *r, struct net_call *call,
                  const struct fault *fault)
{
    const char *name = net_call_path(call) + strlen("/assets/");
    const char *suffix = asset_suffix(name);
    if (!suffix) {
        not_found(call);
        return;
    }
    char *path = path_join(r->assets, name);
    const char *type =
        strcmp(suffix, ASSET_CLIP) == 0 ? "video/mp4" : "image/png";
    // Rendering is deterministic: the name says what is in it.
    if (!rehearsal_asset(fault, call, path, type))
        net_answer_file(call, path, type, name);
    free(path);
}

struct route {
    const char *path;
    const char *allow; // methods
    bool prefix;       // `path` is a folder
    bool open;         // needs no key
    int at;            // which faults may befall it; 0: none
    void (*handle)(struct routes *r, struct net_call *call,
                   const struct fault *fault);
};

static const struct route table[] = {
    {"/runway/pro/generate", "POST", false, false, FAULT_AT_SUBMIT, generate},
    {"/runway/v1/pro/generate", "POST", false, false, FAULT_AT_SUBMIT,
     generate},
    {"/runway/feed", "POST", false, false, FAULT_AT_POLL, feed},
    {"/runway/v1/feed", "POST", false, false, FAULT_AT_POLL, feed},
    {"/runway/list", "POST", false, false, FAULT_AT_POLL, list},
    {"/runway/v1/list", "POST", false, false, FAULT_AT_POLL, list},
    {"/assets/", "GET, HEAD", true, true, FAULT_AT_ASSET, asset},
    {"/healthz", "GET, HEAD", false, true, 0, health},
};

static const struct route *find(const char *path)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].prefix ? text_starts(path, table[i].path)
                            : strcmp(path, table[i].path) == 0)
            return &table[i];
    return NULL;
}

static bool allows(const struct route *route, const char *method)
{
    if (strcmp(route->allow, "POST") == 0)
        return strcmp(method, "POST") == 0;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void wrong_method(const struct route *route, struct net_call *call)
{
    char text[64];
    snprintf(text, sizeof text, "this path takes %s", route->allow);
    net_answer_header(call, "Allow", route->allow);
    answer_platform_error(call, 405, "invalid_request", text);
}

static void no_key(struct net_call *call)
{
    net_answer_header(call, "WWW-Authenticate", "Bearer");
    answer_platform_error(call, 401, "invalid_api_key",
                          "the key is missing or wrong: send Authorization: "
                          "Bearer <key>");
}

static void closing(struct net_call *call)
{
    answer_platform_error(call, 503, "shutting_down",
                          "this gateway is about to end");
}

static void serve_held(void *arg, struct net_call *call)
{
    static const struct fault none = {FAULT_NONE, -1};
    struct routes *r = arg;
    if (r->closing)
        closing(call);
    else
        find(net_call_path(call))->handle(r, call, &none);
}

static void serve(struct routes *r, const struct route *route,
                  struct net_call *call)
{
    struct fault fault = {FAULT_NONE, -1};
    if (route->at)
        fault = rehearsal_ask(r->rehearsal, (enum fault_at)route->at, call);
    if (fault.kind == FAULT_SLOW && route->at != FAULT_AT_SUBMIT)
        rehearsal_hold(r->rehearsal, &fault, serve_held, r, call);
    else if (!rehearsal_before(&fault, call))
        route->handle(r, call, &fault);
}

void routes_handle(void *arg, struct net_call *call)
{
    struct routes *r = arg;
    const struct route *route = find(net_call_path(call));
    if (r->closing)
        closing(call);
    else if (!route)
        not_found(call);
    else if (!allows(route, net_call_method(call)))
        wrong_method(route, call);
    else if (!route->open && !key_ok(r, call))
        no_key(call);
    else
        serve(r, route, call);
}
