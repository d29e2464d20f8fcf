#include "gateway/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/input.h"

#define ASSET_MAX (256u << 20)
#define JSON_TYPE "application/json; charset=utf-8"

static const char page[] =
    "<!doctype html><html><head><title>Just a moment…</title></head>"
    "<body><h1>502 Bad Gateway</h1></body></html>\n";

// A call that is served, or answered, later.
struct held {
    struct net_call *call;
    void (*serve)(void *arg, struct net_call *call); // NULL: only the answer
    void *arg;
    struct value *data; // of the answer, or
    bool whole;         // all of it
    int64_t started_us;
    struct loop_timer *timer;
    LIST_ENTRY(held) link;
};
LIST_HEAD(held_list, held);

struct rehearsal {
    struct loop *loop;
    struct tasks *tasks;
    struct faults *faults;
    struct held_list held;
};

struct rehearsal *rehearsal_new(struct loop *loop, struct tasks *tasks,
                                struct faults *faults)
{
    struct rehearsal *r = xcalloc(1, sizeof *r);
    *r = (struct rehearsal){.loop = loop, .tasks = tasks, .faults = faults};
    LIST_INIT(&r->held);
    return r;
}

static struct net_call *let_go(struct held *h)
{
    struct net_call *call = h->call;
    LIST_REMOVE(h, link);
    loop_timer_free(h->timer);
    free(h);
    return call;
}

void rehearsal_free(struct rehearsal *r)
{
    if (!r)
        return;
    struct held *h;
    while ((h = LIST_FIRST(&r->held)) != NULL) {
        value_free(h->data);
        net_answer_none(let_go(h));
    }
    free(r);
}

static void on_timer(void *arg)
{
    const struct held h = *(struct held *)arg;
    let_go(arg);
    if (h.serve)
        h.serve(h.arg, h.call);
    else if (h.whole)
        answer_json(h.call, 200, h.data);
    else
        answer_data(h.call, h.data, h.started_us);
}

static void hold(struct rehearsal *r, const struct fault *fault,
                 const struct held *what)
{
    struct held *h = xmalloc(sizeof *h);
    *h = *what;
    h->timer = loop_timer_new(r->loop, on_timer, h);
    LIST_INSERT_HEAD(&r->held, h, link);
    loop_timer_start(h->timer, fault->ms);
}

void rehearsal_hold(struct rehearsal *r, const struct fault *fault,
                    void (*serve)(void *arg, struct net_call *call), void *arg,
                    struct net_call *call)
{
    hold(r, fault, &(struct held){.call = call, .serve = serve, .arg = arg});
}

void rehearsal_data_late(struct rehearsal *r, const struct fault *fault,
                         struct net_call *call, struct value *data,
                         int64_t started_us)
{
    hold(r, fault,
         &(struct held){.call = call, .data = data, .started_us = started_us});
}

// --- what is asked

// By what the task was bought for: its id differs from run to run.
static bool key_of_task(const struct rehearsal *r, const char *id, size_t len,
                        char out[HASH_HEX])
{
    if (!asset_id_ok(id, len))
        return false;
    char *name = xstrndup(id, len);
    char *request = tasks_request(r->tasks, name, NULL);
    if (request)
        faults_key(request, strlen(request), out);
    bool found = request != NULL;
    free(request);
    free(name);
    return found;
}

static bool key_of_poll(const struct rehearsal *r, const struct net_call *call,
                        char out[HASH_HEX])
{
    size_t len;
    const char *body = net_call_body(call, &len);
    struct value *v = json_read(body, len, JSON_STRICT, NULL);
    const char *id = value_get_text(v, "task_id");
    bool found = id && key_of_task(r, id, strlen(id), out);
    value_free(v);
    return found;
}

static bool is_list(const struct net_call *call)
{
    const char *path = net_call_path(call);
    size_t len = strlen(path);
    return len > 5 && strcmp(path + len - 5, "/list") == 0;
}

// It is about no task: every list is asked for in one row.
static bool list_key(char out[HASH_HEX])
{
    hash_bytes("list", 4, out);
    return true;
}

// Clips alone: pictures are looked at, not bought.
static bool key_of_asset(const struct rehearsal *r, const struct net_call *call,
                         char out[HASH_HEX])
{
    const char *name = net_call_path(call) + strlen("/assets/");
    const char *suffix = asset_suffix(name);
    return suffix && strcmp(suffix, ASSET_CLIP) == 0 &&
           key_of_task(r, name, strlen(name) - strlen(suffix), out);
}

struct fault rehearsal_ask(struct rehearsal *r, enum fault_at at,
                           const struct net_call *call)
{
    const struct fault none = {FAULT_NONE, -1};
    char key[HASH_HEX];
    size_t len;
    const char *body;
    bool found = false;
    if (!r)
        return none;
    switch (at) {
    case FAULT_AT_SUBMIT:
        body = net_call_body(call, &len);
        faults_key(body, len, key);
        found = true;
        break;
    case FAULT_AT_POLL:
        found = is_list(call) ? list_key(key) : key_of_poll(r, call, key);
        break;
    case FAULT_AT_ASSET:
        found = key_of_asset(r, call, key);
        break;
    case FAULT_AT_CALLBACK:
        break;
    }
    return found ? faults_next(r->faults, at, key) : none;
}

struct fault rehearsal_callback(struct rehearsal *r, const char *id)
{
    char key[HASH_HEX];
    if (r && key_of_task(r, id, strlen(id), key))
        return faults_next(r->faults, FAULT_AT_CALLBACK, key);
    return (struct fault){FAULT_NONE, -1};
}

// --- answers of the API

static void answer_status(struct net_call *call, unsigned status)
{
    static const char busy[] = "the service is busy, try again later";
    answer_platform_error(call, status, "rehearsed", busy);
}

static void too_many(const struct fault *fault, struct net_call *call)
{
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%lld",
             (long long)((fault->ms + 999) / 1000));
    if (fault->ms >= 0)
        net_answer_header(call, "Retry-After", seconds);
    answer_task_error(call, 429, "rate_limit_exceeded", "too many requests");
}

bool rehearsal_before(const struct fault *fault, struct net_call *call)
{
    switch ((int)fault->kind) {
    case FAULT_429:
        too_many(fault, call);
        return true;
    case FAULT_500:
        answer_status(call, 500);
        return true;
    case FAULT_502:
        net_answer(call, 502, "text/html", page, strlen(page));
        return true;
    case FAULT_503:
        answer_status(call, 503);
        return true;
    case FAULT_504:
        net_answer(call, 504, "text/html", page, strlen(page));
        return true;
    case FAULT_REFUSE:
        net_answer_none(call);
        return true;
    case FAULT_INVISIBLE:
        answer_task_error(call, 400, "task_not_exist", "task_not_exist");
        return true;
    default:
        return false;
    }
}

static struct value *wrong_types(void)
{
    struct value *v = value_map();
    value_set(v, "task_id", value_list());
    value_set(v, "state", value_list());
    value_set(v, "status", value_map());
    value_set(v, "progress", value_str("much"));
    value_set(v, "video_url", value_int(3));
    return v;
}

static void set_state(struct value *data, const char *state, const char *status,
                      int progress)
{
    value_set(data, "state", value_str(state));
    value_set(data, "status", value_str(status));
    value_set(data, "progress", value_int(progress));
}

// Of a poll's data object.
static void change(const struct fault *fault, struct value *data)
{
    int64_t percent = value_integer(value_get(data, "progress"), 0);
    switch ((int)fault->kind) {
    case FAULT_UNKNOWN_STATE:
        set_state(data, "pondering", "42", (int)percent);
        break;
    case FAULT_BACKWARDS:
        value_set(data, "progress", value_int(100 - percent));
        break;
    case FAULT_STUCK:
        set_state(data, "processing", "1", 100);
        value_set(data, "video_url", value_null());
        break;
    case FAULT_NO_URL:
        set_state(data, "succeeded", "3", 100);
        value_set(data, "video_url", value_null());
        break;
    case FAULT_FAILED_WITH_URL:
        if (!value_get_text(data, "video_url"))
            break;
        set_state(data, "failed", "2", 100);
        value_set(data, "msg", value_str("rehearsed"));
        break;
    default:
        break;
    }
}

static void break_off(struct net_call *call, struct value *data)
{
    char *text = json_text(data);
    size_t len = strlen(text);
    net_answer_part(call, 200, JSON_TYPE, text, len / 2, len);
    free(text);
    value_free(data);
}

void rehearsal_data(const struct fault *fault, struct net_call *call,
                    struct value *data, const struct answer_form *form)
{
    switch ((int)fault->kind) {
    case FAULT_LOST:
        net_answer_none(call);
        break;
    case FAULT_TRUNCATED:
        break_off(call, data);
        return;
    case FAULT_HTML:
        net_answer(call, 200, "text/html", page, strlen(page));
        break;
    case FAULT_EMPTY:
        answer_json(call, 200, value_map());
        break;
    case FAULT_TYPES:
        answer_feed(call, wrong_types(), form);
        break;
    default:
        change(fault, data);
        answer_feed(call, data, form);
        return;
    }
    value_free(data);
}

void rehearsal_json(struct rehearsal *r, const struct fault *fault,
                    struct net_call *call, struct value *v)
{
    switch ((int)fault->kind) {
    case FAULT_SLOW:
        hold(r, fault, &(struct held){.call = call, .data = v, .whole = true});
        return;
    case FAULT_LOST:
        net_answer_none(call);
        break;
    case FAULT_TRUNCATED:
        break_off(call, v);
        return;
    case FAULT_HTML:
        net_answer(call, 200, "text/html", page, strlen(page));
        break;
    case FAULT_EMPTY:
        answer_json(call, 200, value_map());
        break;
    case FAULT_TYPES:
        answer_json(call, 200, wrong_types());
        break;
    default:
        answer_json(call, 200, v);
        return;
    }
    value_free(v);
}

// --- clips

static void half(struct net_call *call, const char *type, const char *bytes,
                 size_t len)
{
    net_answer_part(call, 200, type, bytes, len / 2, len);
}

// What comes is not what was asked for.
static void elsewhere(struct net_call *call, const char *type,
                      const char *bytes, size_t len)
{
    char *place = xasprintf("bytes 1-%zu/%zu", len - 1, len);
    net_answer_header(call, "Content-Range", place);
    net_answer(call, 206, type, bytes + 1, len - 1);
    free(place);
}

static void damaged(const struct fault *fault, struct net_call *call,
                    const char *type, const char *bytes, size_t len)
{
    bool goes_on = net_call_header(call, "Range") != NULL;
    net_answer_header(call, "Accept-Ranges", "bytes");
    if (fault->kind == FAULT_CUT)
        net_answer(call, 200, type, bytes, len / 2);
    else if (fault->kind == FAULT_LENGTH)
        net_answer_part(call, 200, type, bytes, len, len + 1000);
    else if (!goes_on)
        half(call, type, bytes, len);
    else if (fault->kind == FAULT_NO_RANGE)
        net_answer(call, 200, type, bytes, len);
    else
        elsewhere(call, type, bytes, len);
}

bool rehearsal_asset(const struct fault *fault, struct net_call *call,
                     const char *path, const char *type)
{
    static const char expired[] = "<Error><Code>AccessDenied</Code></Error>";
    switch ((int)fault->kind) {
    case FAULT_EXPIRED:
        net_answer(call, 403, "application/xml", expired, strlen(expired));
        return true;
    case FAULT_PAGE:
        net_answer(call, 200, "text/html", page, strlen(page));
        return true;
    case FAULT_LENGTH:
    case FAULT_NO_RANGE:
    case FAULT_OTHER_OFFSET:
    case FAULT_CUT:
        break;
    default:
        return false;
    }
    size_t len;
    char *bytes = file_read(path, ASSET_MAX, &len, NULL);
    char *tag = xasprintf("\"%s\"", net_call_path(call) + strlen("/assets/"));
    net_answer_header(call, "ETag", tag); // so that a client dares to go on
    free(tag);
    if (bytes && len > 1)
        damaged(fault, call, type, bytes, len);
    bool answered = bytes && len > 1;
    free(bytes);
    return answered;
}

char *rehearsal_lie(void)
{
    struct value *v = value_map();
    value_set(v, "task_id", value_str("00000000-0000-4000-8000-000000000000"));
    set_state(v, "succeeded", "3", 100);
    value_set(v, "video_url", value_str("http://127.0.0.1:9/forged.mp4"));
    char *text = json_text(v);
    value_free(v);
    return text;
}
