#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/dialect.h"

#define TASK_ID_MAX 512u
#define PATH_MAX_BYTES 2048u
#define HEADER_MAX 4096u
#define HEADERS_MAX 16
#define WAIT_MAX_S (366 * 24 * 3600)
#define KIND_MAX 32u
#define REASON_MAX 600u
#define URL_MAX 8192u
#define LISTED_MAX 1000
#define CHARGE_MAX 9e12 // credits, so that thousandths fit

// A mistake of the module, never of the service.
static bool wrong(struct err *err, const char *what)
{
    return err_set(err, ERR_RECIPE, "%s", what);
}

// Not set: missing or null.
static const struct value *member(const struct value *map, const char *key)
{
    const struct value *v = value_get(map, key);
    return v && v->type != VALUE_NULL ? v : NULL;
}

// Only bytes that a URL or a header may hold: no control characters, and no
// spaces where `spaces` is false.
static bool is_clean(const char *s, size_t max, bool spaces)
{
    size_t len = strlen(s);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 0x20 || c == 0x7f || (c == ' ' && !spaces))
            return false;
    }
    return len > 0 && len <= max;
}

static bool is_map_of(const struct value *v, const char *const *keys, size_t n)
{
    if (!v || v->type != VALUE_MAP)
        return false;
    for (size_t i = 0; i < value_count(v); i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known |= strcmp(v->map.members[i].key, keys[k]) == 0;
        if (!known)
            return false;
    }
    return true;
}
#define IS_MAP_OF(v, keys) is_map_of(v, keys, sizeof(keys) / sizeof(*(keys)))

bool dialect_check_task_id(const struct value *v, const char **task_id)
{
    const char *s = v ? value_text(v) : NULL;
    *task_id = s;
    return s && is_clean(s, TASK_ID_MAX, true);
}

// --- requests

// A path of the same origin: not "//host", and nothing that ends a line.
static bool is_path(const char *s)
{
    return s && s[0] == '/' && s[1] != '/' && s[1] != '\\' &&
           is_clean(s, PATH_MAX_BYTES, false);
}

static bool is_token(const char *s)
{
    size_t len = strlen(s);
    return len > 0 && len <= 64 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789-_") == len;
}

// The engine's: they carry the key, name the service, or frame the message.
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"authorization",       "host",
                                       "proxy-authorization", "content-length",
                                       "transfer-encoding",   "expect"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
        if (strcasecmp(name, ours[i]) == 0)
            return true;
    }
    return false;
}

static bool check_headers(const struct value *headers, struct err *err)
{
    if (headers && headers->type != VALUE_MAP)
        return wrong(err, "headers: a table from names to texts is needed");
    if (value_count(headers) > HEADERS_MAX)
        return wrong(err, "headers: too many");
    for (size_t i = 0; i < value_count(headers); i++) {
        const struct value_member *header = &headers->map.members[i];
        const char *text = value_text(header->value);
        if (!is_token(header->key))
            return wrong(err, "headers: a name that is none");
        if (is_ours(header->key))
            return err_set(err, ERR_RECIPE,
                           "headers: a dialect may not set '%s'", header->key);
        if (!text || !is_clean(text, HEADER_MAX, true))
            return err_set(err, ERR_RECIPE,
                           "headers: '%s' is not a text of one line",
                           header->key);
    }
    return true;
}

bool dialect_check_call(const struct value *v, const char *other,
                        struct dialect_call *call, struct err *err)
{
    static const char *const keys[] = {"method", "path", "headers", "body"};
    *call = (struct dialect_call){0};
    if (!IS_MAP_OF(v, keys))
        return wrong(err, "a table of method, path, headers and body is "
                          "needed");
    const char *method = value_get_text(v, "method");
    const char *path = value_get_text(v, "path");
    const struct value *headers = member(v, "headers");
    const struct value *body = member(v, "body");
    if (!method || (strcmp(method, other) != 0 && strcmp(method, "POST") != 0))
        return err_set(err, ERR_RECIPE, "method: \"%s\" or \"POST\" is needed",
                       other);
    if (!is_path(path))
        return wrong(err, "path: it begins with one \"/\", and has no spaces "
                          "or control characters");
    if (!check_headers(headers, err))
        return false;
    if (body && body->type != VALUE_MAP)
        return wrong(err, "body: a table with names is needed");
    call->method = xstrdup(method);
    call->path = xstrdup(path);
    call->headers = headers ? value_copy(headers) : NULL;
    call->body = body ? value_copy(body) : NULL;
    return true;
}

// --- answers

static bool take_kind(const struct value *map, char **kind, struct err *err)
{
    const struct value *v = member(map, "kind");
    const char *s = value_text(v);
    if (v && (!s || strlen(s) > KIND_MAX || !*s ||
              strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(s)))
        return wrong(err, "kind: a word of a-z, 0-9 and _ is needed");
    *kind = xstrdup(s);
    return true;
}

static bool take_reason(const struct value *map, char **reason, struct err *err)
{
    const struct value *v = member(map, "reason");
    if (v && v->type != VALUE_STRING)
        return wrong(err, "reason: a text is needed");
    *reason = v && v->string.len
                  ? text_printable(v->string.bytes, v->string.len, REASON_MAX)
                  : NULL;
    return true;
}

// Seconds until it makes sense to ask again.
static bool take_wait(const struct value *map, int64_t *ms, struct err *err)
{
    const struct value *v = member(map, "retry_after");
    double seconds = 0;
    if (v &&
        (!value_number(v, &seconds) || !(seconds >= 0) || seconds > WAIT_MAX_S))
        return wrong(err, "retry_after: seconds are needed, up to a year");
    *ms = (int64_t)(seconds * 1000);
    return true;
}

static bool check_why(const struct value *why,
                      struct dialect_accepted *accepted, struct err *err)
{
    static const char *const keys[] = {"bought", "kind", "reason",
                                       "retry_after"};
    accepted->bought = DIALECT_BOUGHT_UNKNOWN;
    if (!why)
        return true;
    if (!IS_MAP_OF(why, keys))
        return wrong(err, "a table of bought, kind, reason and retry_after is "
                          "needed");
    const struct value *bought = member(why, "bought");
    const char *word = value_text(bought);
    if (word && strcmp(word, "no") == 0)
        accepted->bought = DIALECT_NOT_BOUGHT;
    else if (bought && (!word || strcmp(word, "unknown") != 0))
        return wrong(err, "bought: \"no\" or \"unknown\" is needed");
    return take_kind(why, &accepted->kind, err) &&
           take_reason(why, &accepted->reason, err) &&
           take_wait(why, &accepted->retry_after_ms, err);
}

bool dialect_check_accepted(const struct value *task_id,
                            const struct value *why,
                            struct dialect_accepted *accepted, struct err *err)
{
    *accepted = (struct dialect_accepted){.bought = DIALECT_BOUGHT_UNKNOWN};
    const char *id;
    if (!task_id || task_id->type == VALUE_NULL) {
        if (check_why(why, accepted, err))
            return true;
        dialect_accepted_free(accepted);
        return false;
    }
    if (!dialect_check_task_id(task_id, &id))
        return wrong(err, "a task_id is a text of 1 to 512 bytes without "
                          "control characters");
    accepted->bought = DIALECT_BOUGHT;
    accepted->task_id = xstrdup(id);
    return true;
}

static bool take_phase(const struct value *v, enum dialect_phase *phase,
                       struct err *err)
{
    static const struct {
        const char *name;
        enum dialect_phase phase;
    } phases[] = {
        {"running", DIALECT_RUNNING},     {"succeeded", DIALECT_SUCCEEDED},
        {"failed", DIALECT_FAILED},       {"cancelled", DIALECT_CANCELLED},
        {"not_found", DIALECT_NOT_FOUND}, {"no_news", DIALECT_NO_NEWS},
    };
    const char *name = value_get_text(v, "state");
    for (size_t i = 0; name && i < sizeof(phases) / sizeof(*phases); i++) {
        if (strcmp(name, phases[i].name) == 0) {
            *phase = phases[i].phase;
            return true;
        }
    }
    return wrong(err, "state: it is one of running succeeded failed cancelled "
                      "not_found no_news");
}

static bool is_web(const struct value *v)
{
    const char *s = value_text(v);
    return s &&
           (strncasecmp(s, "http://", 7) == 0 ||
            strncasecmp(s, "https://", 8) == 0) &&
           is_clean(s, URL_MAX, false);
}

static bool take_urls(const struct value *map, struct dialect_status *status,
                      struct err *err)
{
    const struct value *urls = member(map, "urls");
    const struct value *frame = member(map, "last_frame");
    bool empty = urls && value_count(urls) == 0; // a table, of either sort
    if (urls && urls->type != VALUE_LIST && urls->type != VALUE_MAP)
        return wrong(err, "urls: a list is needed");
    for (size_t i = 0; urls && !empty && i < value_count(urls); i++) {
        if (!is_web(value_at(urls, i)))
            return wrong(err, "urls: a list of http and https URLs is needed");
    }
    if (frame && !is_web(frame))
        return wrong(err, "last_frame: an http or https URL is needed");
    status->urls = urls && !empty ? value_copy(urls) : NULL;
    status->last_frame = frame ? xstrdup(value_text(frame)) : NULL;
    return true;
}

static bool take_numbers(const struct value *map, struct dialect_status *status,
                         struct err *err)
{
    const struct value *progress = member(map, "progress");
    const struct value *charge = member(map, "charge");
    double x;
    if (progress && (!value_number(progress, &status->progress) ||
                     status->progress < 0 || status->progress > 1))
        return wrong(err, "progress: a number from 0 to 1 is needed");
    if (charge && (!value_number(charge, &x) || x < 0 || x > CHARGE_MAX))
        return wrong(err, "charge: a number of credits is needed");
    if (charge)
        status->charge = llround(x * 1000);
    return true;
}

bool dialect_check_status(const struct value *v, struct dialect_status *status,
                          struct err *err)
{
    static const char *const keys[] = {
        "state", "progress", "urls", "last_frame", "reason", "kind", "charge"};
    *status = (struct dialect_status){
        .phase = DIALECT_NO_NEWS, .progress = -1, .charge = -1};
    bool ok = IS_MAP_OF(v, keys) ||
              wrong(err, "a table of state, progress, urls, last_frame, "
                         "reason, kind and charge is needed");
    ok = ok && take_phase(v, &status->phase, err) &&
         take_numbers(v, status, err) && take_urls(v, status, err) &&
         take_kind(v, &status->kind, err) &&
         take_reason(v, &status->reason, err);
    if (!ok)
        dialect_status_free(status);
    return ok;
}

// --- the list

static bool is_count(const struct value *v, int64_t *n)
{
    *n = value_integer(v, -1);
    return v && v->type == VALUE_INT && *n >= 0;
}

static bool take_listed(const struct value *v, struct dialect_listed *task,
                        struct err *err)
{
    static const char *const keys[] = {"task_id", "callback_url"};
    const struct value *url =
        IS_MAP_OF(v, keys) ? member(v, "callback_url") : NULL;
    const char *id;
    if (!IS_MAP_OF(v, keys) ||
        !dialect_check_task_id(value_get(v, "task_id"), &id))
        return wrong(err, "tasks: a list of tables with task_id and "
                          "callback_url is needed");
    if (url && (!value_text(url) || strlen(value_text(url)) > URL_MAX))
        return wrong(err, "tasks: a callback_url is a text");
    *task = (struct dialect_listed){xstrdup(id), xstrdup(value_text(url))};
    return true;
}

static bool take_tasks(const struct value *tasks, struct dialect_list *list,
                       struct err *err)
{
    size_t n = value_count(tasks);
    bool empty = tasks && tasks->type == VALUE_MAP && n == 0;
    if (!tasks || (tasks->type != VALUE_LIST && !empty) || n > LISTED_MAX)
        return err_set(err, ERR_RECIPE, "tasks: a list of at most %d is needed",
                       LISTED_MAX);
    list->tasks = xcalloc(n ? n : 1, sizeof(*list->tasks));
    for (; list->n < n; list->n++)
        if (!take_listed(value_at(tasks, list->n), &list->tasks[list->n], err))
            return false;
    return true;
}

static bool take_list(const struct value *v, struct dialect_list *list,
                      struct err *err)
{
    const struct value *complete = member(v, "complete");
    const struct value *more = member(v, "more");
    const struct value *uptime = member(v, "uptime_ms");
    if (!complete || complete->type != VALUE_BOOL ||
        (more && more->type != VALUE_BOOL))
        return wrong(err, "complete and more: true or false is needed");
    if (uptime && !is_count(uptime, &list->uptime_ms))
        return wrong(err, "uptime_ms: a whole number is needed");
    list->read = true;
    list->more = value_truth(more, false);
    list->complete = value_truth(complete, false);
    if (!list->complete && !member(v, "tasks"))
        return true;
    if (!is_count(member(v, "total"), &list->total) && list->complete)
        return wrong(err, "total: a whole number is needed");
    return take_tasks(member(v, "tasks"), list, err);
}

bool dialect_check_list(const struct value *v, struct dialect_list *list,
                        struct err *err)
{
    static const char *const keys[] = {"complete", "more", "total", "uptime_ms",
                                       "tasks"};
    *list = (struct dialect_list){.uptime_ms = -1};
    if (!v || v->type == VALUE_NULL)
        return true;
    bool ok = IS_MAP_OF(v, keys) ||
              wrong(err, "a table of complete, more, total, uptime_ms and "
                         "tasks is needed");
    ok = ok && take_list(v, list, err);
    if (!ok)
        dialect_list_free(list);
    return ok;
}

// --- what is wrong with a request

bool dialect_check_problems(const struct value *v, const struct value *request,
                            struct problems *p, struct err *err)
{
    static const char *const keys[] = {"field", "text"};
    bool none = !v || v->type == VALUE_NULL || value_count(v) == 0;
    if (!none && v->type != VALUE_LIST)
        return wrong(err, "a list of tables with field and text is needed");
    for (size_t i = 0; !none && i < value_count(v); i++) {
        const struct value *one = value_at(v, i);
        const char *field = value_get_text(one, "field");
        const char *text = value_get_text(one, "text");
        if (!IS_MAP_OF(one, keys) || !field || !text)
            return wrong(err, "a list of tables with field and text is "
                              "needed");
        const struct value *at = value_get_path(request, field);
        char *shown = text_printable(text, strlen(text), REASON_MAX);
        problem_add(p, at ? at->pos : request->pos, "%s", shown);
        free(shown);
    }
    return true;
}
