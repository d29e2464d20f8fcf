#include "gateway/routes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/answer.h"

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

static const struct route *const tables[] = {reverse_routes, page_routes};

static const struct route *find(const char *path)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct route *r = tables[i]; r->path; r++)
            if (is_at(r, path))
                return r;
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
    else {
        const struct route *route = find(net_call_path(call));
        route->handle(r, route, call, &none);
    }
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
    const struct route *route = find(net_call_path(call));
    if (r->closing)
        closing(call);
    else if (!route)
        routes_nothing(call);
    else if (!allows(route, net_call_method(call)))
        wrong_method(route, call);
    else if (route->api != API_OPEN && !key_ok(r, call))
        no_key(call);
    else
        serve(r, route, call);
}
