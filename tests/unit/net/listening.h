// A server of bare sockets, with a thread for each connection: a client holds
// some of them open.

#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_test.h"

#define CONNECTIONS_MAX 64

struct listening {
    int fd;
    unsigned port;
    atomic_int connections; // so far
    // One connection, to its end, on a thread of its own; closed after it.
    void (*serve)(void *arg, int fd);
    void *arg;
    pthread_t thread;
};

struct connection {
    struct listening *on;
    int fd;
};

static inline void *listening_connection(void *arg)
{
    struct connection *c = arg;
    c->on->serve(c->on->arg, c->fd);
    close(c->fd);
    free(c);
    return NULL;
}

static inline void *listening_accept(void *arg)
{
    struct listening *l = arg;
    pthread_t threads[CONNECTIONS_MAX];
    int n = 0;
    for (;;) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            break;
        if (n == CONNECTIONS_MAX) {
            close(fd);
            break;
        }
        atomic_fetch_add(&l->connections, 1);
        struct connection *c = xmalloc(sizeof(*c));
        *c = (struct connection){l, fd};
        pthread_create(&threads[n++], NULL, listening_connection, c);
    }
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return NULL;
}

static inline void listening_start(struct listening *l,
                                   void (*serve)(void *arg, int fd), void *arg)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    *l = (struct listening){.serve = serve, .arg = arg};
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(l->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(l->fd, CONNECTIONS_MAX), 0);
    getsockname(l->fd, (struct sockaddr *)&at, &len);
    l->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&l->thread, NULL, listening_accept, l), 0);
}

// After the client has closed its connections.
static inline void listening_end(struct listening *l)
{
    shutdown(l->fd, SHUT_RDWR);
    pthread_join(l->thread, NULL);
    close(l->fd);
}
