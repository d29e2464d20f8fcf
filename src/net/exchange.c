// From a request to an exchange: what is refused, what is copied, and the
// options in which two exchanges differ.

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/internal.h"

#define BODY_MAX_DEFAULT ((size_t)8 << 20)
#define CONNECT_MS_DEFAULT 10000
#define STALL_BYTES 1024L // a second
#define STALL_MS_DEFAULT 60000

// Read at once, and held while an exchange is under way: answers are small and
// many, files large and few.
#define ANSWER_BYTES 4096L
#define FETCH_BYTES 65536L

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

// The part of a URL up to its path; 0 when it is spelt otherwise.
static size_t origin_len(const char *url)
{
    size_t scheme = strncmp(url, "http://", 7) == 0    ? 7
                    : strncmp(url, "https://", 8) == 0 ? 8
                                                       : 0;
    size_t len = scheme + strcspn(url + scheme, "/?#");
    return scheme > 0 && url[len] == '/' ? len : 0;
}

// What follows an address found fine before needs no second look at that
// address.
static bool url_is_fine(struct net_client *client, const char *url,
                        struct err *err)
{
    size_t len = origin_len(url);
    if (len > 0 && net_url_is_clean(url))
        for (size_t i = 0; i < NET_ORIGINS && client->origins[i]; i++)
            if (strncmp(client->origins[i], url, len) == 0 &&
                client->origins[i][len] == '\0')
                return true;
    char *origin = net_origin(url, err);
    if (!origin)
        return false;
    free(origin);
    if (len > 0) {
        char **place = &client->origins[client->n_origins++ % NET_ORIGINS];
        free(*place);
        *place = xstrndup(url, len);
    }
    return true;
}

// Why this request may not be sent, owned; or NULL.
static char *refusal(struct net_client *client,
                     const struct net_request *request)
{
    struct err err;
    if (!url_is_fine(client, request->url, &err))
        return xstrdup(err.text);
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

static bool sends_body(const struct net_exchange *x)
{
    return strcmp(x->method, "POST") == 0 || x->body_len > 0;
}

static void set_method(struct net_exchange *x)
{
    CURL *easy = x->handle->easy;
    const char *custom = NULL;
    bool fresh = x->spending;
    if (sends_body(x)) {
        // Bytes that libcurl holds itself are sent at once with the headers,
        // and again whenever it likes: not those that cost money.
        if (!x->spending)
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, x->body);
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)x->body_len);
        if (strcmp(x->method, "POST") != 0)
            custom = x->method;
        // With no byte of body to rewind, libcurl would repeat the request on
        // a reused connection that dies.
        fresh &= x->body_len == 0;
    } else if (strcmp(x->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        if (strcmp(x->method, "GET") != 0)
            custom = x->method;
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, custom);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
}

// `away_ms`: in which we could not look, since it began.
static void set_limits(struct net_exchange *x, int64_t away_ms)
{
    CURL *easy = x->handle->easy;
    int64_t stall_ms = (x->timeout_ms ? x->timeout_ms : x->stall_ms) + away_ms;
    int64_t whole_ms = x->timeout_ms ? x->timeout_ms + away_ms : 0;
    // libcurl sets its alarm for an end once; a second one has it look again.
    bool stalls = !x->timeout_ms || away_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)whole_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, stalls ? STALL_BYTES : 0L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                     stalls ? (long)((stall_ms + 999) / 1000) : 0L);
}

static void take_limits(struct net_exchange *x,
                        const struct net_request *request)
{
    int64_t connect_ms =
        request->connect_ms > 0 ? request->connect_ms : CONNECT_MS_DEFAULT;
    curl_easy_setopt(x->handle->easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)connect_ms);
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
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS,
                     follow ? (long)request->redirects : 0L);
}

// Polls share a connection where the service has HTTP/2, and wait for the first
// one to know. Never without TLS, and never with money: see struct net_lane.
static void set_version(struct net_exchange *x)
{
    CURL *easy = x->handle->easy;
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     x->two ? (long)CURL_HTTP_VERSION_2TLS
                            : (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, x->two && !x->sink ? 1L : 0L);
}

// What mostly stands as the last exchange left it.
static void set_seldom(struct net_handle *h, const struct net_request *request)
{
    if (h->insecure != request->insecure) {
        h->insecure = request->insecure;
        curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER,
                         h->insecure ? 0L : 1L);
        curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST,
                         h->insecure ? 0L : 2L);
    }
    long at_once = request->sink ? FETCH_BYTES : ANSWER_BYTES;
    if (h->at_once != at_once) {
        h->at_once = at_once;
        curl_easy_setopt(h->easy, CURLOPT_BUFFERSIZE, at_once);
    }
    if (h->direct != request->direct) {
        h->direct = request->direct;
        curl_easy_setopt(h->easy, CURLOPT_PROXY, h->direct ? "" : NULL);
    }
}

// Everything in which two exchanges of a lane differ.
static void set_options(struct net_exchange *x,
                        const struct net_request *request)
{
    CURL *easy = x->handle->easy;
    curl_easy_setopt(easy, CURLOPT_URL, x->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->headers);
    set_method(x);
    set_version(x);
    set_seldom(x->handle, request);
    take_limits(x, request);
    set_redirects(easy, request);
}

// --- one block: the exchange, its header lines as libcurl's list, their texts,
// and the other texts

static char no_expect[] = "Expect:";
static char no_type[] = "Content-Type:"; // rather than a form's

static size_t lines_len(const struct net_request *request)
{
    size_t len = 0;
    for (size_t i = 0; i < request->n_headers; i++)
        len += strlen(request->headers[i].name) +
               strlen(request->headers[i].value) + sizeof(": ");
    if (request->bearer)
        len += sizeof("Authorization: Bearer ") + strlen(request->bearer);
    return len;
}

static char *put(char **at, const void *bytes, size_t len)
{
    char *start = *at;
    if (len > 0)
        memcpy(start, bytes, len);
    start[len] = '\0';
    *at += len + 1;
    return start;
}

static void put_line(struct net_exchange *x, size_t n, char *line)
{
    x->headers[n].data = line;
    x->headers[n].next = NULL;
    if (n > 0)
        x->headers[n - 1].next = &x->headers[n];
}

static void put_lines(struct net_exchange *x, const struct net_request *request,
                      char **at)
{
    size_t n = 0;
    bool typed = false;
    x->lines = *at;
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct net_header *h = &request->headers[i];
        typed |= strcasecmp(h->name, "Content-Type") == 0;
        put_line(x, n++, *at);
        // An empty value is spelt so, or libcurl takes it for a removal.
        *at = stpcpy(stpcpy(stpcpy(*at, h->name), *h->value ? ": " : ";"),
                     h->value) +
              1;
    }
    if (request->bearer) {
        put_line(x, n++, *at);
        *at =
            stpcpy(stpcpy(*at, "Authorization: Bearer "), request->bearer) + 1;
    }
    x->lines_len = (size_t)(*at - x->lines);
    if (sends_body(x))
        put_line(x, n++, no_expect);
    if (sends_body(x) && !typed)
        put_line(x, n++, no_type);
    if (n == 0)
        x->headers = NULL;
}

static struct net_exchange *block(const struct net_request *request)
{
    size_t nodes = request->n_headers + 3; // the key, no_expect, no_type
    size_t method = strlen(request->method), url = strlen(request->url);
    size_t body = request->body ? request->body_len : 0;
    size_t text = lines_len(request) + method + 1 + url + 1 + body + 1;
    struct net_exchange *x =
        xmalloc(sizeof(*x) + nodes * sizeof(*x->headers) + text);
    *x = (struct net_exchange){.body_len = body};
    x->headers = (struct curl_slist *)(x + 1);
    char *at = (char *)(x->headers + nodes);
    x->method = put(&at, request->method, method);
    x->url = put(&at, request->url, url);
    x->body = put(&at, request->body, body);
    put_lines(x, request, &at);
    return x;
}

struct net_exchange *net_exchange_new(struct net_client *client,
                                      const struct net_request *request)
{
    struct net_exchange *x = block(request);
    x->client = client;
    x->lane = &client->lanes[request->reach][request->spending];
    x->body_max = request->body_max ? request->body_max : BODY_MAX_DEFAULT;
    x->spending = request->spending;
    x->reach = request->reach;
    x->headers_done = request->headers_done;
    x->sink = request->sink;
    x->done = request->done;
    x->arg = request->arg;
    buf_init(&x->answer, x->body_max);
    x->refused = refusal(client, request);
    if (x->refused)
        return x;
    x->two = !x->spending && !x->lane->plain &&
             strncasecmp(x->url, "https:", 6) == 0;
    x->handle = net_handle_take(x->lane, x);
    set_options(x, request);
    return x;
}

bool net_exchange_may_repeat(const struct net_exchange *x, CURLcode code)
{
    static const CURLcode ends[] = {CURLE_SEND_ERROR,  CURLE_RECV_ERROR,
                                    CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
                                    CURLE_HTTP2,       CURLE_HTTP2_STREAM};
    bool ended = false;
    long status = 0;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        ended |= code == ends[i];
    curl_easy_getinfo(x->handle->easy, CURLINFO_RESPONSE_CODE, &status);
    return ended && x->two && !x->spending && !x->cancelled && status == 0;
}

void net_exchange_make_plain(struct net_exchange *x)
{
    x->two = false;
    x->handle->error[0] = '\0';
    set_version(x);
}

void net_exchange_excuse(struct net_exchange *x, int64_t away_ms)
{
    if (away_ms > x->away_ms)
        set_limits(x, away_ms - x->away_ms);
}

void net_exchange_free(struct net_exchange *x, bool again)
{
    if (x->handle)
        net_handle_give(x->handle, again);
    if (x->lines_len > 0)
        explicit_bzero(x->lines, x->lines_len); // one may hold the key
    buf_free(&x->answer);
    free(x->refused);
    free(x);
}
