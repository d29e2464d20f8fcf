// From a request to an easy handle: what is refused, what is copied, and every
// option that does not depend on the bytes under way.

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/env.h"
#include "base/mem.h"
#include "net/internal.h"

#define BODY_MAX_DEFAULT ((size_t)8 << 20)
#define CONNECT_MS_DEFAULT 10000
#define STALL_BYTES 1024L // a second
#define STALL_MS_DEFAULT 60000

static const char no_proxy_always[] = "localhost,127.0.0.1,127.0.0.0/8,::1";

static bool is_token(const char *s)
{
    if (!*s)
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
            return false;
    return true;
}

static bool is_field_value(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    return true;
}

// Framing is ours: a header that changes it could make libcurl repeat a
// request, or make two of one.
static bool is_framing(const char *name)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding",
                                        "Expect", "Connection", "Upgrade"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

// Why this request may not be sent, owned; or NULL.
static char *refusal(const struct net_request *request)
{
    struct err err;
    char *origin = net_origin(request->url, &err);
    if (!origin)
        return xstrdup(err.text);
    free(origin);
    if (!is_token(request->method))
        return xstrdup("the method is not a word");
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct net_header *h = &request->headers[i];
        if (!is_token(h->name))
            return xstrdup("a header has a name that cannot be sent");
        if (!is_field_value(h->value))
            return xasprintf("the value of header %s holds a control character",
                             h->name);
        if (is_framing(h->name))
            return xasprintf("header %s cannot be set", h->name);
    }
    if (request->bearer && !is_field_value(request->bearer))
        return xstrdup("the key holds a control character");
    return NULL;
}

static void add_header(struct net_exchange *x, const char *line)
{
    struct curl_slist *list = curl_slist_append(x->headers, line);
    if (!list)
        abort(); // out of memory
    x->headers = list;
}

static void build_headers(struct net_exchange *x,
                          const struct net_request *request)
{
    bool typed = false;
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct net_header *h = &request->headers[i];
        typed |= strcasecmp(h->name, "Content-Type") == 0;
        // An empty value is spelt so, or libcurl takes it for a removal.
        char *line = *h->value ? xasprintf("%s: %s", h->name, h->value)
                               : xasprintf("%s;", h->name);
        add_header(x, line);
        free(line);
    }
    if (request->bearer) {
        char *line = xasprintf("Authorization: Bearer %s", request->bearer);
        add_header(x, line);
        explicit_bzero(line, strlen(line));
        free(line);
    }
    add_header(x, "Expect:");
    if (!typed)
        add_header(x, "Content-Type:"); // none, rather than a form's
}

static void set_method(struct net_exchange *x)
{
    CURL *easy = x->easy;
    bool post = strcmp(x->method, "POST") == 0;
    if (post || x->body_len > 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)x->body_len);
        if (!post)
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->method);
        // With no byte of body to rewind, libcurl would repeat the request on
        // a reused connection that dies.
        if (x->spending && x->body_len == 0)
            curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    } else if (strcmp(x->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        if (strcmp(x->method, "GET") != 0)
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->method);
        if (x->spending)
            curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }
}

// The environment's proxies are honoured, but never for this machine.
static void set_proxy(CURL *easy, bool direct)
{
    if (direct) {
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        return;
    }
    const char *theirs = env_get("no_proxy");
    if (!theirs)
        theirs = env_get("NO_PROXY");
    if (theirs && strcmp(theirs, "*") == 0)
        return;
    char *all = theirs ? xasprintf("%s,%s", theirs, no_proxy_always)
                       : xstrdup(no_proxy_always);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, all);
    free(all);
}

// `away_ms`: in which we could not look, since it began.
static void set_limits(struct net_exchange *x, int64_t away_ms)
{
    CURL *easy = x->easy;
    int64_t stall_ms = (x->timeout_ms ? x->timeout_ms : x->stall_ms) + away_ms;
    if (x->timeout_ms)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                         (long)(x->timeout_ms + away_ms));
    // libcurl sets its alarm for an end once; a second one has it look again.
    if (!x->timeout_ms || away_ms) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         (long)((stall_ms + 999) / 1000));
    }
}

static void take_limits(struct net_exchange *x,
                        const struct net_request *request)
{
    int64_t connect_ms =
        request->connect_ms > 0 ? request->connect_ms : CONNECT_MS_DEFAULT;
    curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    x->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : 0;
    x->stall_ms = request->stall_ms > 0 ? request->stall_ms : STALL_MS_DEFAULT;
    x->away_ms = loop_away_ms(x->client->loop);
    set_limits(x, 0);
}

static void set_redirects(CURL *easy, const struct net_request *request)
{
    // The key would have to be kept from the new address; nobody needs that.
    assert(!(request->bearer && request->redirects > 0));
    bool follow = request->redirects > 0 && !request->bearer &&
                  !request->spending && strcmp(request->method, "GET") == 0;
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, follow ? 1L : 0L);
    if (follow)
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)request->redirects);
}

static void set_options(struct net_exchange *x,
                        const struct net_request *request)
{
    CURL *easy = x->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_URL, x->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // do not wait for DNS
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tarmac/" TARMAC_VERSION);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->curl_error);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
    if (request->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    set_method(x);
    set_proxy(easy, request->direct);
    take_limits(x, request);
    set_redirects(easy, request);
    net_transfer_setup(x);
}

struct net_exchange *net_exchange_new(struct net_client *client,
                                      const struct net_request *request)
{
    struct net_exchange *x = xcalloc(1, sizeof(*x));
    x->client = client;
    x->lane = &client->lanes[request->reach];
    x->method = xstrdup(request->method);
    x->url = xstrdup(request->url);
    x->body_len = request->body ? request->body_len : 0;
    x->body = xmalloc(x->body_len + 1);
    if (x->body_len > 0)
        memcpy(x->body, request->body, x->body_len);
    x->body_max = request->body_max ? request->body_max : BODY_MAX_DEFAULT;
    x->spending = request->spending;
    x->reach = request->reach;
    x->headers_done = request->headers_done;
    x->sink = request->sink;
    x->done = request->done;
    x->arg = request->arg;
    buf_init(&x->answer, x->body_max);
    x->refused = refusal(request);
    if (x->refused)
        return x;
    x->easy = curl_easy_init();
    if (!x->easy)
        abort(); // out of memory
    build_headers(x, request);
    set_options(x, request);
    return x;
}

void net_exchange_excuse(struct net_exchange *x, int64_t away_ms)
{
    if (x->easy && away_ms > x->away_ms)
        set_limits(x, away_ms - x->away_ms);
}

void net_exchange_clear_headers(struct net_exchange *x)
{
    for (size_t i = 0; i < x->n_answer_headers; i++) {
        free((char *)(uintptr_t)x->answer_headers[i].name);
        free((char *)(uintptr_t)x->answer_headers[i].value);
    }
    x->n_answer_headers = x->answer_header_bytes = 0;
}

void net_exchange_free(struct net_exchange *x)
{
    if (x->easy)
        curl_easy_cleanup(x->easy);
    for (struct curl_slist *h = x->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data)); // one may hold the key
    curl_slist_free_all(x->headers);
    net_exchange_clear_headers(x);
    buf_free(&x->answer);
    free(x->method);
    free(x->url);
    free(x->body);
    free(x->refused);
    free(x);
}
