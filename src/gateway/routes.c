#include "gateway/routes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "gateway/answer.h"
#include "gateway/asker.h"
#include "gateway/official_answer.h"
#include "gateway/official_order.h"
#include "gateway/reverse_order.h"

#define HOST_MAX 255

// What the client called us, when that can stand in a URL.
const char *routes_host(const struct routes *r, const struct net_call *call)
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
static bool key_ok(struct routes *r, const struct route *route,
                   const struct net_call *call)
{
    if (!r->key || route->api == API_OPEN)
        return true;
    const char *given = net_call_header(call, "Authorization");
    if (!given || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    given += 7;
    const char *want = r->found.key_hash;
    char have[HASH_HEX];
    if (*want == '\0')
        hash_bytes(r->key, strlen(r->key), r->found.key_hash);
    hash_bytes(given, strlen(given), have);
    unsigned char differs = 0;
    for (size_t i = 0; i < HASH_HEX; i++)
        differs |= (unsigned char)(want[i] ^ have[i]);
    return differs == 0;
}

// Without a key, nothing else tells a program of this machine from a web page
// that has its browser ask.
static bool asker_ok(struct routes *r, const struct net_call *call)
{
    if (r->key)
        return true;
    char *known = r->found.near_host;
    const char *host = net_call_header(call, "Host");
    const char *origin = net_call_header(call, "Origin");
    if (!origin && host && *known && strcmp(host, known) == 0)
        return true;
    bool near = asker_is_near(host, origin);
    if (near && !origin && host && strlen(host) < ROUTES_FOUND_MAX)
        memcpy(known, host, strlen(host) + 1);
    return near;
}

void routes_nothing(struct net_call *call)
{
    answer_platform_error(call, 404, "invalid_request",
                          "there is nothing at this path");
}

static bool is_at(const struct route *r, const char *path)
{
    size_t len = strlen(r->path);
    bool folder = len > 1 && r->path[len - 1] == '/';
    return folder ? text_starts(path, r->path) : strcmp(path, r->path) == 0;
}

static const struct route *const tables[] = {reverse_routes, official_routes,
                                             upload_routes, page_routes};

static const struct route *look_up(const char *path)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct route *r = tables[i]; r->path; r++)
            if (is_at(r, path))
                return r;
    return NULL;
}

static const struct route *find(struct routes *r, const char *path)
{
    if (*path && strcmp(path, r->found.path) == 0)
        return r->found.route;
    const struct route *route = look_up(path);
    if (strlen(path) < ROUTES_FOUND_MAX) {
        memcpy(r->found.path, path, strlen(path) + 1);
        r->found.route = route;
    }
    return route;
}

static bool allows(const struct route *route, const char *method)
{
    size_t len = strlen(method);
    for (const char *p = strstr(route->allow, method); p && len > 0;
         p = strstr(p + len, method))
        if ((p == route->allow || p[-1] == ' ') &&
            (p[len] == '\0' || p[len] == ','))
            return true;
    return false;
}

// Refusals that are the same everywhere, in the shape of the route's API.
static void refuse(const struct routes *r, const struct route *route,
                   struct net_call *call, unsigned status, const char *code,
                   const char *text)
{
    if (route && route->api == API_OFFICIAL)
        official_error(r, call, status, text);
    else
        answer_platform_error(call, status, code, text);
}

static void wrong_method(const struct routes *r, const struct route *route,
                         struct net_call *call)
{
    char text[64];
    snprintf(text, sizeof text, "this path takes %s", route->allow);
    net_answer_header(call, "Allow", route->allow);
    refuse(r, route, call, 405, "invalid_request", text);
}

static void no_key(const struct routes *r, const struct route *route,
                   struct net_call *call)
{
    net_answer_header(call, "WWW-Authenticate", "Bearer");
    refuse(r, route, call, 401, "invalid_api_key",
           "the key is missing or wrong: send Authorization: Bearer <key>");
}

static void strange(const struct routes *r, const struct route *route,
                    struct net_call *call)
{
    refuse(r, route, call, 403, "forbidden",
           "without a key only this machine's own programs are served: ask by "
           "address (Host), not from a web page of elsewhere (Origin), or "
           "start this gateway with --key-env");
}

static void closing(const struct routes *r, const struct route *route,
                    struct net_call *call)
{
    refuse(r, route, call, 503, "shutting_down",
           "this gateway is about to end");
}

static void serve_held(void *arg, struct net_call *call)
{
    static const struct fault none = {FAULT_NONE, -1};
    struct routes *r = arg;
    const struct route *route = find(r, net_call_path(call));
    if (r->closing)
        closing(r, route, call);
    else
        route->handle(r, route, call, &none);
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
        route->handle(r, route, call, &fault);
}

void routes_handle(void *arg, struct net_call *call)
{
    struct routes *r = arg;
    const struct route *route = find(r, net_call_path(call));
    if (r->closing)
        closing(r, route, call);
    else if (!asker_ok(r, call))
        strange(r, route, call);
    else if (!route && text_starts(net_call_path(call), "/v1/"))
        official_error(r, call, 404, "There is no such endpoint here");
    else if (!route)
        routes_nothing(call);
    else if (!allows(route, net_call_method(call)))
        wrong_method(r, route, call);
    else if (!key_ok(r, route, call))
        no_key(r, route, call);
    else if (route->api != API_OFFICIAL || official_version_ok(r, call))
        serve(r, route, call);
}

// Whoever may not buy or fill a place does not get to occupy our memory.
bool routes_wants_body(void *arg, const struct net_call *call)
{
    struct routes *r = arg;
    const char *path = net_call_path(call);
    const struct route *route = find(r, path);
    if (r->closing || !route || !asker_ok(r, call) ||
        !allows(route, net_call_method(call)) || !key_ok(r, route, call))
        return false;
    return !text_starts(path, UPLOADS_FOLDER) ||
           uploads_state(r->uploads, path + strlen(UPLOADS_FOLDER)) ==
               UPLOADS_EMPTY;
}

size_t routes_body_max(void *arg, const struct net_call *call)
{
    const struct route *route = find(arg, net_call_path(call));
    bool uploads = false;
    for (const struct route *u = upload_routes; u->path; u++)
        uploads = uploads || route == u;
    if (uploads) // and what a form has around its file
        return UPLOADS_FILE_MAX + ((size_t)64 << 10);
    bool official = route && route->api == API_OFFICIAL;
    return official ? OFFICIAL_BODY_MAX : REVERSE_BODY_MAX;
}
