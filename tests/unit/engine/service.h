// A small gateway on the test's own loop, which counts what it sells, and its
// dialect in C.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/dialect.h"
#include "net/server.h"

#define SALES_MAX 256
#define LAST_FRAME "http://127.0.0.1:9/last.png"

enum manner {
    SELLS,
    SELLS_AND_CLOSES, // takes the order, and the connection ends
    SELLS_AND_FAILS,  // HTTP 502, though it was sold
    REFUSES_KEY,
    TOO_FAST, // 429 once, then it sells
};

// What becomes of a task that is to be cancelled.
enum cancelling {
    CANCELS,
    FORGETS,       // cancels it, and knows it no longer
    DELETES_LATER, // cancels it, which shows after some polls
    REFUSES_CANCEL,
    IGNORES_CANCEL, // says yes
    FINISHES_FIRST,
};

struct sale {
    char *callback_url;
    int polls; // that were asked for it
    bool cancelled;
};

struct service {
    struct loop *loop;
    struct net_server *server;
    uint16_t port;
    enum manner manner;
    struct net_call *held; // its connection is to end, at the top of the loop
    const char *ends;      // "succeeded", "failed" …
    int running;           // polls that say "running" before that
    int stuck;             // the task that never ends
    int missing;           // polls that say 404 before that
    const char *frame;     // tells this address of a clip's last one
    const char *clip;      // its bytes
    long clip_status;      // 0: 200
    int gone;              // downloads answered 410 before that
    enum cancelling cancelling;
    bool silent; // polls are answered 502
    int requests, posts, polls, cancels, downloads, n;
    struct sale sales[SALES_MAX];
    char *authorization; // of the last request to the API
    bool clip_had_key;
    char *body; // of the last order
    // Serves what is not served as ever. False: as ever.
    bool (*other)(struct service *service, struct net_call *call);
};

// --- the service
static inline void say(struct net_call *call, unsigned status, const char *text)
{
    net_answer(call, status, "application/json", text, strlen(text));
}

static inline void service_listen(struct service *s);

static inline void sell(struct service *s, struct net_call *call)
{
    size_t len;
    const char *body = net_call_body(call, &len);
    struct value *order = json_read(body, len, JSON_STRICT, NULL);
    assert_non_null(order);
    s->posts++;
    free(s->body);
    s->body = xstrndup(body, len);
    if (s->manner == REFUSES_KEY || s->manner == TOO_FAST) {
        value_free(order);
        say(call, s->manner == TOO_FAST ? 429 : 401, "{\"why\":\"no\"}");
        s->manner = s->manner == TOO_FAST ? SELLS : s->manner;
        return;
    }
    assert_true(s->n < SALES_MAX);
    struct sale *sale = &s->sales[s->n++];
    sale->callback_url = xstrdup(value_get_text(order, "callback_url"));
    value_free(order);
    if (s->manner == SELLS_AND_CLOSES) {
        s->held = call;
        return;
    }
    char answer[64];
    snprintf(answer, sizeof(answer), "{\"task_id\":\"task-%d\"}", s->n);
    say(call, s->manner == SELLS_AND_FAILS ? 502 : 200,
        s->manner == SELLS_AND_FAILS ? "<html>bad gateway</html>" : answer);
}

static inline void cancel(struct service *s, struct net_call *call, int task)
{
    assert_in_range(task, 1, s->n);
    struct sale *sale = &s->sales[task - 1];
    assert_string_equal(net_call_method(call), "DELETE");
    s->cancels++;
    sale->cancelled = s->cancelling == CANCELS || s->cancelling == FORGETS;
    if (s->cancelling == DELETES_LATER)
        sale->polls = -2;
    if (s->cancelling == FINISHES_FIRST)
        s->running = 0;
    say(call, s->cancelling == REFUSES_CANCEL ? 409 : 200, "{}");
}

// False: it says nothing of a cancelled one.
static inline bool tell_cancelled(struct service *s, struct net_call *call,
                                  struct sale *sale, int poll)
{
    if (s->cancelling == DELETES_LATER && s->cancels && poll == 0)
        sale->cancelled = true;
    if (!sale->cancelled)
        return false;
    bool forgot = s->cancelling == FORGETS;
    say(call, forgot ? 404 : 200, "{\"status\":\"cancelled\"}");
    return true;
}

static inline void tell(struct service *s, struct net_call *call, int task)
{
    assert_in_range(task, 1, SALES_MAX);
    struct sale *sale = &s->sales[task - 1];
    int poll = sale->polls++;
    s->polls++;
    if (s->silent) {
        say(call, 502, "<html>bad gateway</html>");
        return;
    }
    if (tell_cancelled(s, call, sale, poll))
        return;
    if (poll < s->missing || task > s->n) {
        say(call, 404, "{}");
        return;
    }
    char text[256], frame[80] = "";
    if (s->frame)
        snprintf(frame, sizeof(frame), ",\"last_frame\":\"%s\"", s->frame);
    if (task == s->stuck || poll < s->missing + s->running)
        snprintf(text, sizeof(text),
                 "{\"status\":\"running\",\"progress\":0.5}");
    else
        snprintf(
            text, sizeof(text),
            "{\"status\":\"%s\",\"url\":\"http://127.0.0.1:%d/clip/%d\"%s}",
            s->ends, s->port, task, frame);
    say(call, 200, text);
}

static inline void give(struct service *s, struct net_call *call)
{
    s->downloads++;
    s->clip_had_key |= net_call_header(call, "authorization") != NULL;
    if (s->gone-- > 0)
        say(call, 410, "gone");
    else
        net_answer(call, 200, "video/mp4", s->clip, strlen(s->clip));
}

static inline void serve(void *arg, struct net_call *call)
{
    struct service *s = arg;
    const char *path = net_call_path(call);
    s->requests++;
    if (s->other && s->other(s, call))
        return;
    if (text_starts(path, "/clip/")) {
        give(s, call);
        return;
    }
    free(s->authorization);
    s->authorization = xstrdup(net_call_header(call, "authorization"));
    bool deletes = strcmp(net_call_method(call), "DELETE") == 0;
    if (text_starts(path, "/task/task-") && deletes)
        cancel(s, call, (int)strtol(path + strlen("/task/task-"), NULL, 10));
    else if (text_starts(path, "/task/task-"))
        tell(s, call, (int)strtol(path + strlen("/task/task-"), NULL, 10));
    else
        sell(s, call);
}

static inline void service_listen(struct service *s)
{
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .port = s->port,
                                   .body_max = 1 << 20,
                                   .handle = serve,
                                   .arg = s};
    struct err err;
    s->server = net_server_listen(s->loop, &spec, &err);
    if (!s->server)
        fail_msg("%s", err.text);
    s->port = net_server_port(s->server);
}

// --- its dialect
static const struct field test_fields[] = {
    {.name = "prompt", .type = FIELD_TEXT, .required = true},
    {.name = "model", .type = FIELD_TEXT},
    {.name = "image", .type = FIELD_FILE},
    {.name = "video", .type = FIELD_FILE, .bytes_max = 100},
    {.name = "seconds", .type = FIELD_NUMBER},
};
static const struct field_table test_table = {
    .dialect = "test", .route = "generate", .fields = test_fields, .n = 5};

static inline const struct field_table *test_fields_of(void *ctx,
                                                       const char *route)
{
    (void)ctx;
    return strcmp(route, "generate") == 0 ? &test_table : NULL;
}

static inline int64_t test_price(void *ctx, const char *route,
                                 const struct value *request, int64_t *least)
{
    (void)ctx, (void)route;
    *least = value_get(request, "seconds") ? 25000 : -1;
    return *least;
}

static inline bool test_submit(void *ctx, const char *route,
                               const struct value *request,
                               const struct dialect_ctx *gateway,
                               struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)route, (void)err;
    call->method = xstrdup("POST");
    call->path = xstrdup("/generate");
    call->body = value_copy(request);
    value_set(call->body, "callback_url", value_str(gateway->callback_url));
    return true;
}

static inline bool test_accepted(void *ctx, const struct dialect_answer *answer,
                                 struct dialect_accepted *accepted,
                                 struct err *err)
{
    (void)ctx, (void)err;
    struct value *v = json_read(answer->body, answer->len, JSON_LENIENT, NULL);
    const char *id = value_get_text(v, "task_id");
    *accepted = (struct dialect_accepted){.bought = DIALECT_BOUGHT_UNKNOWN};
    if (answer->status == 200 && id) {
        accepted->bought = DIALECT_BOUGHT;
        accepted->task_id = xstrdup(id);
    } else if (answer->status == 401 || answer->status == 429) {
        accepted->bought = DIALECT_NOT_BOUGHT;
        accepted->kind = xstrdup(answer->status == 401 ? "auth" : "rate");
        accepted->reason = xstrdup("because");
    }
    value_free(v);
    return true;
}

static inline bool test_poll(void *ctx, const char *task_id,
                             const struct dialect_ctx *gateway,
                             struct dialect_call *call, struct err *err)
{
    (void)ctx, (void)gateway, (void)err;
    call->method = xstrdup("GET");
    call->path = xasprintf("/task/%s", task_id);
    return true;
}

static inline bool test_state(void *ctx, const struct dialect_answer *answer,
                              struct dialect_status *status, struct err *err)
{
    (void)ctx, (void)err;
    struct value *v = json_read(answer->body, answer->len, JSON_LENIENT, NULL);
    const char *word = value_get_text(v, "status");
    *status = (struct dialect_status){
        .phase = DIALECT_RUNNING, .progress = -1, .charge = -1};
    value_number(value_get(v, "progress"), &status->progress);
    if (answer->status == 404) {
        status->phase = DIALECT_NOT_FOUND;
    } else if (answer->status != 200) {
        status->phase = DIALECT_NO_NEWS;
    } else if (word && strcmp(word, "succeeded") == 0) {
        status->phase = DIALECT_SUCCEEDED;
        const char *frame = value_get_text(v, "last_frame");
        status->last_frame = xstrdup(frame);
        status->urls = value_list();
        value_add(status->urls, value_str(value_get_text(v, "url")));
    } else if (word && strcmp(word, "failed") == 0) {
        status->phase = DIALECT_FAILED;
        status->kind = xstrdup("moderation");
        status->reason = xstrdup("not that");
    } else if (word && strcmp(word, "cancelled") == 0) {
        status->phase = DIALECT_CANCELLED;
    }
    value_free(v);
    return true;
}

static inline char *test_callback(void *ctx, const char *body, size_t len)
{
    (void)ctx;
    struct value *v = json_read(body, len, JSON_LENIENT, NULL);
    char *id = xstrdup(value_get_text(v, "task_id"));
    value_free(v);
    return id;
}

static const struct dialect test_dialect = {
    .name = "test",
    .version = "2026-01-01",
    .data_uri = true,
    .fields = test_fields_of,
    .price = test_price,
    .submit = test_submit,
    .accepted = test_accepted,
    .poll = test_poll,
    .state = test_state,
    .callback = test_callback,
};
