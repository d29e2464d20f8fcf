// Handles of libcurl, used again: making one, and all that is set in it, costs
// about as much as a request.

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "net/internal.h"

#define IDLE_MAX 64      // of a lane
#define HEAD_KEPT 4096   // bytes of an idle handle's `head`
#define SPENDS_AT 16384L // bytes that are read of a body at a time

static const char no_proxy_always[] = "localhost,127.0.0.1,127.0.0.0/8,::1";

// The environment's proxies are honoured, but never for this machine.
static void set_no_proxy(CURL *easy)
{
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

static struct net_handle *handle_new(struct net_lane *lane)
{
    struct net_handle *h = xcalloc(1, sizeof(*h));
    h->lane = lane;
    h->easy = curl_easy_init();
    if (!h->easy)
        abort(); // out of memory
    buf_init(&h->head, NET_HEADER_BYTES_MAX + 2 * NET_HEADERS_MAX);
    CURL *easy = h->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, h);
    curl_easy_setopt(easy, CURLOPT_SHARE, lane->client->share);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // do not wait for DNS
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tarmac/" TARMAC_VERSION);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->error);
    if (lane->spending)
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, SPENDS_AT);
    set_no_proxy(easy);
    net_transfer_setup(h);
    return h;
}

struct net_handle *net_handle_take(struct net_lane *lane,
                                   struct net_exchange *x)
{
    struct net_handle *h = lane->idle;
    if (h) {
        lane->idle = h->next;
        lane->n_idle--;
    } else {
        h = handle_new(lane);
    }
    h->x = x;
    return h;
}

static void handle_free(struct net_handle *h)
{
    curl_easy_cleanup(h->easy);
    buf_free(&h->head);
    free(h->headers);
    free(h);
}

// libcurl counts its own repeats of a request over a handle's whole life, and
// refuses one in the end: a handle that has connected anew is not used again.
static bool is_as_new(const struct net_handle *h)
{
    long connects = 0;
    curl_easy_getinfo(h->easy, CURLINFO_NUM_CONNECTS, &connects);
    return connects == 0;
}

void net_handle_give(struct net_handle *h, bool again)
{
    struct net_lane *lane = h->lane;
    if (!again || lane->n_idle == IDLE_MAX || !is_as_new(h)) {
        handle_free(h);
        return;
    }
    // Nothing of the exchange's stays.
    curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(h->easy, CURLOPT_URL, NULL);
    if (h->head.cap > HEAD_KEPT) {
        size_t max = h->head.max;
        buf_free(&h->head);
        buf_init(&h->head, max);
    }
    net_head_clear(h);
    h->error[0] = '\0';
    h->x = NULL;
    h->next = lane->idle;
    lane->idle = h;
    lane->n_idle++;
}

void net_handle_drop_idle(struct net_lane *lane)
{
    while (lane->idle) {
        struct net_handle *h = lane->idle;
        lane->idle = h->next;
        handle_free(h);
    }
    lane->n_idle = 0;
}
