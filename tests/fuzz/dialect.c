// Any bytes as an answer of a service, read by the reverse dialect as a
// submit's answer, a poll's, a list's, and a callback's body. An input is spelt
// like HTTP:
//
//     200
//     content-type: application/json
//
//     {"task_id": "…"}

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"

// The bytes up to the end of the line; moves behind it.
static char *take_line(const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    char *line = xstrndup(*at, (size_t)((stop ? stop : end) - *at));
    *at = stop ? stop + 1 : end;
    return line;
}

static struct value *take_headers(const char **at, const char *end)
{
    struct value *headers = value_map();
    for (bool more = true; more && *at < end;) {
        char *line = take_line(at, end), *colon = strchr(line, ':');
        more = *line != '\0';
        if (colon) {
            *colon = '\0';
            for (char *c = line; *c; c++)
                *c = (char)tolower((unsigned char)*c);
            value_set(headers, line, value_str(colon + 1 + (colon[1] == ' ')));
        }
        free(line);
    }
    return headers;
}

static bool is_line(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    }
    return true;
}

static void check_call(const struct dialect_call *call)
{
    MUST(call->path[0] == '/' && call->path[1] != '/');
    MUST(is_line(call->path) && !strchr(call->path, ' '));
}

// A name that could be stored, shown, and asked for.
static void check_task_id(const struct dialect *d, const char *task_id)
{
    static const struct dialect_ctx ctx = {.callback_url = "http://baidu.com"};
    struct dialect_call call;
    struct err err;
    MUST(*task_id && is_line(task_id));
    MUST(text_is_utf8(task_id, strlen(task_id)));
    MUST(d->poll(d->ctx, task_id, &ctx, &call, &err));
    check_call(&call);
    dialect_call_free(&call);
}

// Not made up: it stands in the body, unless JSON may spell it differently.
static void check_named(const struct dialect_answer *a, const char *task_id)
{
    size_t len = strlen(task_id);
    bool number = strspn(task_id, "0123456789") == len;
    if (number || memchr(a->body, '\\', a->len))
        return;
    MUST(memmem(a->body, a->len, task_id, len));
}

static void as_submit(const struct dialect *d, const struct dialect_answer *a)
{
    struct dialect_accepted accepted;
    struct err err = {.text = ""};
    if (!d->accepted(d->ctx, a, &accepted, &err))
        fprintf(stderr, "%s\n", err.text);
    MUST(!*err.text);
    MUST((accepted.bought == DIALECT_BOUGHT) == (accepted.task_id != NULL));
    if (accepted.task_id) {
        check_task_id(d, accepted.task_id);
        check_named(a, accepted.task_id);
    }
    if (accepted.bought == DIALECT_NOT_BOUGHT) {
        bool says = (a->status >= 200 && a->status < 300) ||
                    (a->status >= 400 && a->status < 500);
        MUST(accepted.kind);
        MUST(says || strcasestr(a->body, "shutting_down") ||
             memchr(a->body, '\\', a->len));
    }
    MUST(!accepted.reason || is_line(accepted.reason));
    dialect_accepted_free(&accepted);
}

static void as_poll(const struct dialect *d, const struct dialect_answer *a)
{
    struct dialect_status status;
    struct err err = {.text = ""};
    if (!d->state(d->ctx, a, &status, &err))
        fprintf(stderr, "%s\n", err.text);
    MUST(!*err.text);
    MUST(status.progress == -1 ||
         (status.progress >= 0 && status.progress <= 1));
    MUST(status.charge >= -1);
    for (size_t i = 0; i < value_count(status.urls); i++) {
        const char *url = value_text(value_at(status.urls, i));
        MUST(url && is_line(url));
        MUST(strncasecmp(url, "http", 4) == 0);
    }
    MUST(!status.last_frame || is_line(status.last_frame));
    MUST(!status.reason || is_line(status.reason));
    dialect_status_free(&status);
}

static void as_list(const struct dialect *d, const struct dialect_answer *a)
{
    struct dialect_list list;
    struct err err = {.text = ""};
    if (!d->listed(d->ctx, a, &list, &err))
        fprintf(stderr, "%s\n", err.text);
    MUST(!*err.text);
    MUST(!list.complete || (list.read && a->status == 200));
    MUST(!list.complete || (list.total >= 0 && list.uptime_ms >= -1));
    MUST(list.complete || (list.n == 0 && !list.more));
    for (size_t i = 0; i < list.n; i++)
        check_task_id(d, list.tasks[i].task_id);
    dialect_list_free(&list);
}

static void as_callback(const struct dialect *d, const struct dialect_answer *a)
{
    char *task_id = d->callback(d->ctx, a->body, a->len);
    if (!task_id)
        return;
    check_task_id(d, task_id);
    check_named(a, task_id);
    free(task_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = xmalloc(size + 1);
    if (size)
        memcpy(input, data, size);
    input[size] = '\0';
    const char *at = input, *end = input + size;
    char *status = take_line(&at, end);
    struct value *headers = take_headers(&at, end);
    char *body = xmalloc((size_t)(end - at) + 1); // its own bounds
    memcpy(body, at, (size_t)(end - at) + 1);
    struct dialect_answer answer = {
        .status = strtol(status, NULL, 10) % 1000,
        .headers = headers,
        .body = body,
        .len = (size_t)(end - at),
    };
    const struct dialect *d = reverse();
    as_submit(d, &answer);
    as_poll(d, &answer);
    as_list(d, &answer);
    as_callback(d, &answer);
    free(body);
    value_free(headers);
    free(status);
    free(input);
    return 0;
}
