// One request: is it from our own page, and what does it ask for?
//
// A browser runs other people's pages, too. These do not know the token; a name
// of theirs that leads to this machine is another Host; and what they send on
// their own has their Origin.

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "report/page.h"
#include "ui/live_inside.h"

static bool host_is_ours(const struct live *live, const char *host)
{
    return host && (strcasecmp(host, live->host[0]) == 0 ||
                    strcasecmp(host, live->host[1]) == 0);
}

static bool origin_is_ours(const char *origin, const char *host)
{
    static const char scheme[] = "http://";
    return strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
           strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

static bool is_post(const struct net_call *call)
{
    return strcmp(net_call_method(call), "POST") == 0;
}

static bool is_get(const struct net_call *call)
{
    return strcmp(net_call_method(call), "GET") == 0 ||
           strcmp(net_call_method(call), "HEAD") == 0;
}

// What follows "/TOKEN", or NULL. How long it takes tells nothing of where the
// first wrong digit is.
static const char *behind_token(const struct live *live, const char *path)
{
    size_t len = TOKEN_HEX - 1;
    if (strlen(path) < 1 + len)
        return NULL;
    unsigned differs = path[0] != '/';
    for (size_t i = 0; i < len; i++)
        differs |= (unsigned)(path[1 + i] ^ live->token[i]);
    return differs ? NULL : path + 1 + len;
}

// NULL: it may be answered.
static const char *why_not(const struct live *live, const struct net_call *call)
{
    const char *host = net_call_header(call, "Host");
    const char *origin = net_call_header(call, "Origin");
    if (!host_is_ours(live, host))
        return "this is not its address";
    if (!origin && is_post(call))
        return "who asks does not say which page he is";
    if (origin && !origin_is_ours(origin, host))
        return "another page asks";
    return NULL;
}

static void add_headers(struct net_call *call)
{
    net_answer_header(call, "Referrer-Policy", "no-referrer");
    net_answer_header(call, "X-Frame-Options", "DENY");
    net_answer_header(call, "Cross-Origin-Resource-Policy", "same-origin");
    net_answer_header(call, "Cross-Origin-Opener-Policy", "same-origin");
}

static void answer_page(struct net_call *call)
{
    char nonce[TOKEN_HEX];
    struct buf html, policy;
    token_make(nonce);
    struct page page = {.nonce = nonce, .live = true};
    buf_init(&html, PAGE_BYTES_MAX);
    buf_init(&policy, 4096);
    page_begin(&page, &html);
    page_end(&page, &html);
    page_csp(&page, &policy);
    buf_str(&policy, "; frame-ancestors 'none'");
    net_answer_header(call, "Content-Security-Policy", policy.data);
    net_answer(call, 200, "text/html; charset=utf-8", html.data, html.len);
    buf_free(&html);
    buf_free(&policy);
}

static void answer_module(struct net_call *call, const char *name)
{
    size_t len;
    const char *text = page_module(name, &len);
    if (text)
        net_answer(call, 200, "text/javascript; charset=utf-8", text, len);
    else
        live_refuse(call, 404, "there is no such module");
}

// From where the page goes on: what it has got last says so, on a connection
// that broke, else what it was made of.
static uint64_t since_of(const struct net_call *call)
{
    const char *text = net_call_header(call, "Last-Event-ID");
    char *end;
    if (!text)
        text = net_call_query(call, "since");
    if (!text || text[0] < '0' || text[0] > '9')
        return UINT64_MAX;
    unsigned long long since = strtoull(text, &end, 10);
    return *end ? UINT64_MAX : since;
}

static void refuse_method(struct net_call *call, const char *allowed)
{
    net_answer_header(call, "Allow", allowed);
    live_refuse(call, 405, "not with this method");
}

static bool below(const char *path, const char *folder, const char **name)
{
    size_t len = strlen(folder);
    if (strncmp(path, folder, len) != 0)
        return false;
    *name = path + len;
    return true;
}

static void answer_get(struct live *live, struct net_call *call,
                       const char *path)
{
    const char *name;
    if (strcmp(path, "/") == 0)
        answer_page(call);
    else if (strcmp(path, "/data.json") == 0)
        live_answer_data(live, call);
    else if (strcmp(path, "/events") == 0)
        live_answer_events(live, call, since_of(call));
    else if (below(path, "/page/", &name))
        answer_module(call, name);
    else if (below(path, "/clips/", &name))
        live_answer_clip(live, call, name);
    else if (below(path, "/posters/", &name))
        live_answer_poster(live, call, name);
    else
        live_refuse(call, 404, "there is nothing here");
}

void live_handle(void *arg, struct net_call *call)
{
    struct live *live = arg;
    add_headers(call);
    const char *why = why_not(live, call);
    const char *path = behind_token(live, net_call_path(call));
    if (why) {
        live_refuse(call, 403, why);
    } else if (strcmp(net_call_path(call), "/favicon.ico") == 0) {
        net_answer(call, 204, NULL, "", 0); // browsers ask every server
    } else if (!path) {
        live_refuse(call, 404, "there is nothing here");
    } else if (strcmp(path, "/control") == 0) {
        if (is_post(call))
            live_take_control(live, call);
        else
            refuse_method(call, "POST");
    } else if (!is_get(call)) {
        refuse_method(call, "GET, HEAD");
    } else if (path[0] == '\0') { // some terminals leave the last slash out
        char *to = xasprintf("/%s/", live->token);
        net_answer_header(call, "Location", to);
        free(to);
        live_refuse(call, 308, "a slash is missing");
    } else {
        answer_get(live, call, path);
    }
}

bool live_wants_body(void *arg, const struct net_call *call)
{
    struct live *live = arg;
    const char *path = behind_token(live, net_call_path(call));
    live->calls++;
    return path && strcmp(path, "/control") == 0 && is_post(call) &&
           !why_not(live, call);
}

void live_served(void *arg, const struct net_served *served)
{
    struct live *live = arg;
    (void)served;
    live->calls--;
}
