// The client: lanes of libcurl driven by the loop, and the list of exchanges.
//
// libcurl may not be entered from its own callbacks. What a callback starts or
// cancels is therefore only noted, and done by settle() right after libcurl
// has returned.

#include "net/client.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/internal.h"

static void list_add(struct net_list *list, struct net_exchange *x)
{
    x->list = list;
    x->next = NULL;
    x->prev = list->last;
    if (x->prev)
        x->prev->next = x;
    else
        list->first = x;
    list->last = x;
}

static void list_remove(struct net_exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        x->list->first = x->next;
    if (x->next)
        x->next->prev = x->prev;
    else
        x->list->last = x->prev;
}

static void wait_for_settle(struct net_exchange *x)
{
    if (x->list == &x->client->waiting)
        return;
    if (x->list)
        list_remove(x);
    list_add(&x->client->waiting, x);
}

static void drop(struct net_exchange *x)
{
    net_lane_remove(x->lane, x);
    list_remove(x);
    net_exchange_free(x, false);
}

// What HTTP/2 shares is one connection for all: one that does not answer any
// more would be asked again and again.
static void doubt(const struct net_exchange *x, CURLcode code)
{
    if (x->two && (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_HTTP2 ||
                   code == CURLE_HTTP2_STREAM))
        x->lane->plain = true;
}

static void finish(struct net_exchange *x, CURLcode code)
{
    struct net_response response;
    net_result_of(x, code, &response);
    net_result_log(x, &response);
    doubt(x, code);
    net_lane_remove(x->lane, x);
    if (x->done && !x->cancelled)
        x->done(x->arg, &response);
    list_remove(x);
    net_exchange_free(x, code == CURLE_OK);
}

static void repeat(struct net_exchange *x)
{
    net_lane_remove(x->lane, x);
    net_exchange_make_plain(x);
    net_lane_add(x->lane, x);
}

// Every finished transfer, whatever woke us: libcurl does not say it twice.
static void drain(struct net_lane *lane)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(lane->multi, &left))) {
        struct net_handle *h = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &h);
        if (net_exchange_may_repeat(h->x, code))
            repeat(h->x);
        else
            finish(h->x, code);
    }
}

static void start(struct net_exchange *x)
{
    if (x->list)
        list_remove(x);
    list_add(&x->client->running, x);
    net_lane_add(x->lane, x);
}

static void settle(struct net_client *client)
{
    struct net_exchange *x;
    while ((x = client->waiting.first)) {
        if (x->cancelled)
            drop(x);
        else if (x->refused)
            finish(x, CURLE_OK);
        else
            start(x);
    }
}

// libcurl would call late what has come while we were stopped.
static void excuse(struct net_client *client)
{
    int64_t away_ms = loop_away_ms(client->loop);
    if (away_ms == client->away_ms)
        return;
    client->away_ms = away_ms;
    for (struct net_exchange *x = client->running.first; x; x = x->next)
        net_exchange_excuse(x, away_ms);
}

void net_client_act(struct net_lane *lane, curl_socket_t fd, int events)
{
    int running;
    excuse(lane->client);
    lane->client->inside = true;
    curl_multi_socket_action(lane->multi, fd, events, &running);
    lane->client->inside = false;
    drain(lane);
    settle(lane->client);
}

static void on_kick(void *arg)
{
    settle(arg);
}

static bool lanes_open(struct net_client *client)
{
    client->share = curl_share_init();
    if (!client->share)
        return false;
    curl_share_setopt(client->share, CURLSHOPT_SHARE,
                      CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    for (int i = 0; i < NET_REACHES; i++)
        for (int j = 0; j < 2; j++)
            if (!net_lane_open(&client->lanes[i][j], client, j == 1))
                return false;
    return true;
}

struct net_client *net_client_new(struct loop *loop, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(err, ERR_NET, "libcurl cannot be initialised");
        return NULL;
    }
    struct net_client *client = xcalloc(1, sizeof(*client));
    client->loop = loop;
    client->kick = loop_timer_new(loop, on_kick, client);
    if (!lanes_open(client)) {
        err_set(err, ERR_NET, "libcurl cannot be initialised");
        net_client_free(client);
        return NULL;
    }
    return client;
}

void net_client_free(struct net_client *client)
{
    if (!client)
        return;
    while (client->running.first)
        drop(client->running.first);
    while (client->waiting.first)
        drop(client->waiting.first);
    for (int i = 0; i < NET_REACHES; i++)
        for (int j = 0; j < 2; j++)
            net_lane_close(&client->lanes[i][j]);
    curl_share_cleanup(client->share);
    loop_timer_free(client->kick);
    for (size_t i = 0; i < NET_ORIGINS; i++)
        free(client->origins[i]);
    free(client);
    curl_global_cleanup();
}

struct net_exchange *net_send(struct net_client *client,
                              const struct net_request *request)
{
    struct net_exchange *x = net_exchange_new(client, request);
    if (!client->inside && !x->refused) {
        start(x);
        return x;
    }
    wait_for_settle(x);
    if (!client->inside) // else settle() follows
        loop_timer_start(client->kick, 0);
    return x;
}

void net_cancel(struct net_exchange *x)
{
    if (!x->client->inside) {
        drop(x);
        return;
    }
    wait_for_settle(x);
    x->cancelled = true;
    x->done = NULL;
    x->sink = NULL;
    x->headers_done = NULL;
}
