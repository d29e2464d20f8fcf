#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plain.h"

#define SAID_MAX 4096
#define READ_LEAST 2048

int wire_epoll(void)
{
    static int fd = -1;
    if (fd < 0 && (fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        die("epoll_create1");
    return fd;
}

static void wait_for(struct wire *w, uint32_t events)
{
    if (w->events == events)
        return;
    struct epoll_event e = {.events = events, .data.ptr = w};
    int how = w->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(wire_epoll(), how, w->fd, &e) != 0)
        die("epoll_ctl");
    w->events = events;
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int wire_listen(int port, int *got)
{
    struct sockaddr_in a = loopback((unsigned)port);
    socklen_t len = sizeof(a);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    struct epoll_event e = {.events = EPOLLIN};
    if (bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, 65535) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
        epoll_ctl(wire_epoll(), EPOLL_CTL_ADD, fd, &e) != 0)
        die("listen");
    *got = ntohs(a.sin_port);
    return fd;
}

int wire_accept(int listener)
{
    int n = 0;
    for (int fd; (fd = accept4(listener, NULL, NULL,
                               SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;
         n++) {
        struct wire *w = calloc(1, sizeof(*w));
        if (!w)
            die("memory");
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        w->fd = fd;
        wait_for(w, EPOLLIN);
    }
    return n;
}

static void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->left);
    free(w->in);
    *w = (struct wire){.fd = -1, .out = w->out};
    if (!w->out)
        free(w);
}

bool wire_connect(struct wire *w, unsigned port)
{
    if (w->fd >= 0 && w->port == port)
        return true;
    wire_close(w);
    struct sockaddr_in a = loopback(port);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        wire_close(w);
        return false;
    }
    w->port = port;
    wait_for(w, EPOLLIN);
    return true;
}

static void send_some(struct wire *w, const char *bytes, size_t *at, size_t len,
                      int flags)
{
    ssize_t n = send(w->fd, bytes + *at, len - *at, MSG_NOSIGNAL | flags);
    if (n < 0 && errno != EAGAIN)
        w->broken = true;
    *at += n > 0 ? (size_t)n : 0;
}

static void put(struct wire *w, const char *bytes, size_t len, int flags)
{
    size_t at = 0;
    if (!w->left)
        send_some(w, bytes, &at, len, flags);
    if (at == len || w->broken)
        return;
    w->left = realloc(w->left, w->left_len + len - at);
    if (!w->left)
        die("memory");
    memcpy(w->left + w->left_len, bytes + at, len - at);
    w->left_len += len - at;
    wait_for(w, EPOLLIN | EPOLLOUT);
}

void wire_put(struct wire *w, const char *bytes, size_t len)
{
    put(w, bytes, len, 0);
}

void wire_give(struct wire *w, const char *type, const char *bytes, size_t len)
{
    char head[256];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     type, len);
    put(w, head, (size_t)n, MSG_MORE);
    put(w, bytes, len, 0);
}

void wire_say(struct wire *w, int status, const char *fmt, ...)
{
    char body[SAID_MAX], all[SAID_MAX + 256];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(body, sizeof(body), fmt, args);
    va_end(args);
    int n = snprintf(all, sizeof(all),
                     "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                     "Content-Length: %d\r\n\r\n%s",
                     status, status == 200 ? "OK" : "No", len, body);
    wire_put(w, all, (size_t)n);
}

static void put_left(struct wire *w)
{
    send_some(w, w->left, &w->left_at, w->left_len, 0);
    if (w->left_at < w->left_len)
        return;
    free(w->left);
    w->left = NULL;
    w->left_len = w->left_at = 0;
    wait_for(w, EPOLLIN);
}

// The length of the first message that is there wholly, or 0. Where its body
// begins.
static size_t first_message(struct wire *w, size_t *body)
{
    char *end = strstr(w->in, "\r\n\r\n");
    if (!end)
        return 0;
    *end = '\0';
    const char *length = strcasestr(w->in, "\ncontent-length:");
    size_t len = length ? strtoul(length + 16, NULL, 10) : 0;
    bool last = strcasestr(w->in, "\nconnection: close") != NULL;
    *body = (size_t)(end - w->in) + 4;
    if (w->in_len < *body + len) {
        *end = '\r';
        return 0;
    }
    w->close |= last;
    return *body + len;
}

static void take(struct wire *w, wire_message_fn *message)
{
    size_t body = 0;
    for (size_t len; w->in_len && (len = first_message(w, &body));) {
        char next = w->in[len];
        w->in[len] = '\0';
        message(w, w->in, w->in + body);
        w->in[len] = next;
        w->in_len -= len;
        memmove(w->in, w->in + len, w->in_len + 1);
    }
}

// False: the other end has closed.
static bool receive(struct wire *w, wire_message_fn *message)
{
    w->in = grown(w->in, w->in_len + READ_LEAST, &w->in_cap, 1);
    ssize_t n =
        recv(w->fd, w->in + w->in_len, w->in_cap - w->in_len - 1, MSG_DONTWAIT);
    w->in_len += n > 0 ? (size_t)n : 0;
    w->in[w->in_len] = '\0';
    if (n > 0)
        take(w, message);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

bool wire_turn(struct wire *w, uint32_t events, wire_message_fn *message)
{
    bool open = true;
    if (w->left && (events & EPOLLOUT))
        put_left(w);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        open = receive(w, message);
    if (open && !w->broken && !(w->close && !w->left))
        return true;
    wire_close(w);
    return false;
}
