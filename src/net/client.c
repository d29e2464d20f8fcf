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

// A socket of libcurl that the loop watches.
struct net_socket {
    struct net_lane *lane;
    curl_socket_t fd;
    struct loop_poll *poll;
};

static void unlink_exchange(struct net_exchange *x)
{
    if (x->prev)
        x->prev->next = x->next;
    else
        x->client->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
}

static void drop(struct net_exchange *x)
{
    if (x->added)
        curl_multi_remove_handle(x->lane->multi, x->easy);
    unlink_exchange(x);
    net_exchange_free(x);
}

static void finish(struct net_exchange *x, CURLcode code)
{
    struct net_response response;
    net_result_of(x, code, &response);
    net_result_log(x, &response);
    if (x->added)
        curl_multi_remove_handle(x->lane->multi, x->easy);
    x->added = false;
    if (x->done && !x->cancelled)
        x->done(x->arg, &response);
    unlink_exchange(x);
    net_exchange_free(x);
}

static void add(struct net_exchange *x)
{
    x->added = true;
    CURLMcode code = curl_multi_add_handle(x->lane->multi, x->easy);
    if (code != CURLM_OK) {
        log_error("cannot start an exchange: %s", curl_multi_strerror(code));
        abort();
    }
}

// Every finished transfer, whatever woke us: libcurl does not say it twice.
static void drain(struct net_lane *lane)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(lane->multi, &left))) {
        struct net_exchange *x = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        finish(x, code);
    }
}

// One exchange that waits for us to be outside of libcurl; or NULL.
static struct net_exchange *next_waiting(struct net_client *client)
{
    struct net_exchange *x = client->exchanges;
    while (x && x->added && !x->cancelled)
        x = x->next;
    return x;
}

static void settle(struct net_client *client)
{
    struct net_exchange *x;
    while (client->unsettled && (x = next_waiting(client))) {
        if (x->cancelled)
            drop(x);
        else if (x->refused)
            finish(x, CURLE_OK);
        else
            add(x);
    }
    client->unsettled = false;
}

// libcurl would call late what has come while we were stopped.
static void excuse(struct net_client *client)
{
    int64_t away_ms = loop_away_ms(client->loop);
    if (away_ms == client->away_ms)
        return;
    client->away_ms = away_ms;
    for (struct net_exchange *x = client->exchanges; x; x = x->next)
        net_exchange_excuse(x, away_ms);
}

static void act(struct net_lane *lane, curl_socket_t fd, int events)
{
    int running;
    excuse(lane->client);
    lane->client->inside = true;
    curl_multi_socket_action(lane->multi, fd, events, &running);
    lane->client->inside = false;
    drain(lane);
    settle(lane->client);
}

static void on_timer(void *arg)
{
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_events(void *arg, int events)
{
    struct net_socket *s = arg; // may be freed by act()
    int theirs = 0;
    if (events & LOOP_READ)
        theirs |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        theirs |= CURL_CSELECT_OUT;
    if (events & LOOP_ERROR)
        theirs |= CURL_CSELECT_ERR;
    act(s->lane, s->fd, theirs);
}

static void on_kick(void *arg)
{
    settle(arg);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct net_lane *lane = arg;
    if (ms < 0)
        loop_timer_stop(lane->timer);
    else
        loop_timer_start(lane->timer, ms);
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                      void *assigned)
{
    (void)easy;
    struct net_lane *lane = arg;
    struct net_socket *s = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            loop_poll_free(s->poll);
            free(s);
        }
        curl_multi_assign(lane->multi, fd, NULL);
        return 0;
    }
    if (!s) {
        s = xcalloc(1, sizeof(*s));
        s->lane = lane;
        s->fd = fd;
        s->poll = loop_poll_new(lane->client->loop, fd, on_events, s);
        if (!s->poll) {
            free(s);
            return -1;
        }
        curl_multi_assign(lane->multi, fd, s);
    }
    int events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= LOOP_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= LOOP_WRITE;
    loop_poll_set(s->poll, events);
    return 0;
}

static bool lane_open(struct net_lane *lane, struct net_client *client)
{
    lane->client = client;
    lane->multi = curl_multi_init();
    if (!lane->multi)
        return false;
    lane->timer = loop_timer_new(client->loop, on_timer, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
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
    for (int i = 0; i < NET_LANES; i++) {
        if (!lane_open(&client->lanes[i], client)) {
            err_set(err, ERR_NET, "libcurl cannot be initialised");
            net_client_free(client);
            return NULL;
        }
    }
    return client;
}

void net_client_free(struct net_client *client)
{
    if (!client)
        return;
    while (client->exchanges)
        drop(client->exchanges);
    for (int i = 0; i < NET_LANES; i++) {
        curl_multi_cleanup(client->lanes[i].multi); // closes its sockets
        loop_timer_free(client->lanes[i].timer);
    }
    loop_timer_free(client->kick);
    free(client);
    curl_global_cleanup();
}

struct net_exchange *net_send(struct net_client *client,
                              const struct net_request *request)
{
    struct net_exchange *x = net_exchange_new(client, request);
    x->next = client->exchanges;
    if (x->next)
        x->next->prev = x;
    client->exchanges = x;
    if (!client->inside && !x->refused) {
        add(x);
        return x;
    }
    client->unsettled = true;
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
    x->client->unsettled = true;
    x->cancelled = true;
    x->done = NULL;
    x->sink = NULL;
    x->headers_done = NULL;
}
