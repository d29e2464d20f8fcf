// A lane: one multi handle, its sockets in one epoll that the loop watches, and
// how many connections it keeps.

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/log.h"
#include "net/internal.h"

#define EVENTS_A_TURN 64
#define KEEPS_AT_LEAST 16

static void on_timer(void *arg)
{
    net_client_act(arg, CURL_SOCKET_TIMEOUT, 0);
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

// libcurl lets go of a socket after every request. An epoll of the lane's own
// takes that in one call; the loop would make a new handle each time.
static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                      void *known)
{
    (void)easy;
    struct net_lane *lane = arg;
    struct epoll_event event = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        // One that is closed has left by itself.
        (void)epoll_ctl(lane->sockets, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        event.events |= EPOLLOUT;
    int how = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(lane->sockets, how, fd, &event) != 0)
        return -1;
    if (!known)
        curl_multi_assign(lane->multi, fd, lane);
    return 0;
}

static void on_ready(void *arg, int events)
{
    struct net_lane *lane = arg;
    struct epoll_event ready[EVENTS_A_TURN];
    (void)events;
    int n = epoll_wait(lane->sockets, ready, EVENTS_A_TURN, 0);
    for (int i = 0; i < n; i++) {
        int theirs = 0;
        if (ready[i].events & EPOLLIN)
            theirs |= CURL_CSELECT_IN;
        if (ready[i].events & EPOLLOUT)
            theirs |= CURL_CSELECT_OUT;
        if (ready[i].events & (EPOLLERR | EPOLLHUP))
            theirs |= CURL_CSELECT_ERR;
        // It may have been closed by what another one brought: libcurl does
        // not mind.
        net_client_act(lane, ready[i].data.fd, theirs);
    }
}

bool net_lane_open(struct net_lane *lane, struct net_client *client,
                   bool spending)
{
    lane->client = client;
    lane->spending = spending;
    lane->multi = curl_multi_init();
    lane->sockets = epoll_create1(EPOLL_CLOEXEC);
    lane->timer = loop_timer_new(client->loop, on_timer, lane);
    if (!lane->multi || lane->sockets < 0)
        return false;
    lane->ready = loop_poll_new(client->loop, lane->sockets, on_ready, lane);
    if (!lane->ready)
        return false;
    loop_poll_set(lane->ready, LOOP_READ);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    return true;
}

void net_lane_close(struct net_lane *lane)
{
    if (!lane->client)
        return; // never opened
    net_handle_drop_idle(lane);
    curl_multi_cleanup(lane->multi); // closes its sockets
    loop_timer_free(lane->timer);
    loop_poll_free(lane->ready);
    if (lane->sockets >= 0)
        close(lane->sockets);
}

// By itself libcurl keeps four for each exchange of the moment: few are left at
// the end of a burst. Here the next burst finds those of the largest so far.
static void keep_connections(struct net_lane *lane)
{
    if (lane->added <= lane->keeps)
        return;
    lane->keeps = 2 * lane->added;
    if (lane->keeps < KEEPS_AT_LEAST)
        lane->keeps = KEEPS_AT_LEAST;
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)lane->keeps);
}

void net_lane_add(struct net_lane *lane, struct net_exchange *x)
{
    x->added = true;
    lane->added++;
    keep_connections(lane);
    CURLMcode code = curl_multi_add_handle(lane->multi, x->handle->easy);
    if (code != CURLM_OK) {
        log_error("cannot start an exchange: %s", curl_multi_strerror(code));
        abort();
    }
}

void net_lane_remove(struct net_lane *lane, struct net_exchange *x)
{
    if (!x->added)
        return;
    curl_multi_remove_handle(lane->multi, x->handle->easy);
    x->added = false;
    lane->added--;
}
