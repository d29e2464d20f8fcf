// Files sent ahead: asked for and filled as Runway's own API has it, or sent at
// once as one family of gateways has it. The answer to that is of our making:
// nobody has published one.

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/json.h"
#include "gateway/answer.h"
#include "gateway/official.h"
#include "gateway/official_answer.h"
#include "gateway/uploads.h"

enum step {
    STEP_PLACE, // give out a place
    STEP_FILL,  // fill the one that was asked for
    STEP_BOTH,
};

// What is written, in a thread.
struct sending {
    struct routes *routes;
    struct net_call *call;
    enum step step;
    char *host;
    char token[TOKEN_HEX];
    const void *bytes; // the call's
    size_t len;
    int64_t started_us;
    bool ok;
    struct err err;
};

static void work(void *arg)
{
    struct sending *s = arg;
    struct uploads *u = s->routes->uploads;
    s->ok = (s->step == STEP_FILL || uploads_new(u, s->token, &s->err)) &&
            (s->step == STEP_PLACE ||
             uploads_fill(u, s->token, s->bytes, s->len, &s->err));
}

static char *url_of(const struct sending *s)
{
    return xasprintf("http://%s" UPLOADS_FOLDER "%s", s->host, s->token);
}

static void told_place(const struct sending *s)
{
    char *url = url_of(s);
    char *uri = xasprintf("runway://upload/%s", s->token);
    struct value *fields = value_map();
    value_set(fields, "key", value_str(s->token));
    struct value *v = value_map();
    value_set(v, "uploadUrl", value_str(url));
    value_set(v, "fields", fields);
    value_set(v, "runwayUri", value_str(uri));
    free(uri);
    free(url);
    answer_json(s->call, 200, v);
}

static void told_both(const struct sending *s)
{
    char *url = url_of(s);
    struct value *data = value_map();
    value_set(data, "url", value_str(url));
    free(url);
    answer_data(s->call, data, s->started_us);
}

static void failed(const struct sending *s)
{
    bool theirs = s->err.kind == ERR_FORMAT;
    if (!theirs)
        log_error("gateway: an upload could not be kept: %s", s->err.text);
    if (s->step == STEP_BOTH)
        answer_task_error(s->call, 500, "upload_failed", s->err.text);
    else
        official_error(s->routes, s->call, theirs ? 409 : 500, s->err.text);
}

static void done(void *arg)
{
    struct sending *s = arg;
    s->routes->reading--;
    if (!s->ok)
        failed(s);
    else if (s->step == STEP_PLACE)
        told_place(s);
    else if (s->step == STEP_FILL)
        net_answer(s->call, 204, NULL, "", 0);
    else
        told_both(s);
    free(s->host);
    free(s);
}

static void start(struct routes *r, struct net_call *call, enum step step,
                  const char *token, const void *bytes, size_t len)
{
    struct sending *s = xcalloc(1, sizeof *s);
    s->routes = r;
    s->call = call;
    s->step = step;
    s->host = xstrdup(routes_host(r, call));
    if (token)
        memcpy(s->token, token, sizeof s->token);
    s->bytes = bytes;
    s->len = len;
    s->started_us = clock_mono_us();
    r->reading++;
    loop_work(r->loop, work, done, s);
}

// What is wrong with the `file` of a form; its status in `status`.
static const char *file_wrong(const struct net_call *call, unsigned *status,
                              const char **bytes, size_t *len)
{
    *bytes = net_call_form(call, "file", len, NULL);
    *status = 400;
    if (!net_call_is_form(call))
        return "expected multipart/form-data";
    if (!*bytes || *len == 0)
        return "file: required, and not empty";
    *status = 413;
    if (*len > UPLOADS_FILE_MAX)
        return "file: at most 64 MiB";
    *status = 415;
    return uploads_type(*bytes, *len) ? NULL
                                      : "file: expected a picture (PNG, JPEG, "
                                        "WebP), a clip or a sound";
}

// --- Runway's own

void official_upload(struct routes *r, const struct route *route,
                     struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    const struct value *table = wire_official(r->wire);
    size_t len;
    const char *body = net_call_body(call, &len);
    struct err err;
    struct value *v = json_read(body, len, JSON_STRICT, &err);
    struct schema_issues issues = {.n = 0};
    if (!v)
        official_error(r, call, 400, err.text);
    else if (!schema_check(value_get_path(table, "schemas.OfficialUpload"),
                           value_get(table, "schemas"), v, &issues))
        official_invalid(r, call, &issues);
    else
        start(r, call, STEP_PLACE, NULL, NULL, 0);
    schema_issues_clear(&issues);
    value_free(v);
}

static void fill(struct routes *r, const char *token, struct net_call *call)
{
    unsigned status;
    const char *bytes;
    size_t len;
    const char *why = file_wrong(call, &status, &bytes, &len);
    const char *key = net_call_form(call, "key", NULL, NULL);
    enum uploads_state state = uploads_state(r->uploads, token);
    if (state == UPLOADS_UNKNOWN)
        official_error(r, call, 404, "there is no such upload, or no more");
    else if (state == UPLOADS_FILLED)
        official_error(r, call, 409, "it is filled already");
    else if (why)
        official_error(r, call, status, why);
    else if (!key || strcmp(key, token) != 0)
        official_error(r, call, 400,
                       "key: send all of `fields` before the file");
    else
        start(r, call, STEP_FILL, token, bytes, len);
}

static void at_place(struct routes *r, const struct route *route,
                     struct net_call *call, const struct fault *fault)
{
    (void)fault;
    const char *token = net_call_path(call) + strlen(route->path);
    if (strcmp(net_call_method(call), "POST") == 0) {
        fill(r, token, call);
        return;
    }
    char *uri = xasprintf("runway://upload/%s", token), *path;
    if (uploads_find(r->uploads, uri, &path))
        net_answer_file(call, path, uploads_type_of(path), token);
    else
        routes_nothing(call);
    free(path);
    free(uri);
}

// --- the other family's

static void send_file(struct routes *r, const struct route *route,
                      struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    unsigned status;
    const char *bytes;
    size_t len;
    const char *why = file_wrong(call, &status, &bytes, &len);
    if (why)
        answer_task_error(call, status, "invalid_request", why);
    else
        start(r, call, STEP_BOTH, NULL, bytes, len);
}

const struct route upload_routes[] = {
    {UPLOADS_FOLDER, "GET, HEAD, POST", API_OPEN, 0, at_place},
    {"/runway/uploads", "POST", API_REVERSE, 0, send_file},
    {"/runway/v1/uploads", "POST", API_REVERSE, 0, send_file},
    {NULL, NULL, API_OPEN, 0, NULL},
};
