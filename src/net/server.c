// The server: a listening libmicrohttpd daemon without threads, turned by the
// loop, and the life of a call from its first byte to its answer.
//
// A handler may answer at once or later. Later means that MHD suspends the
// connection; the answer resumes it, and MHD asks for the response again.

#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/answer.h"

#define CONNECTIONS_DEFAULT 1024
#define MEMORY_DEFAULT ((size_t)32 << 10)
#define IDLE_SECONDS 30
#define BACKLOG 512
#define TURNS 8

struct net_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_poll *poll;
    struct loop_timer *timer;
    struct net_call *calls;
    uint16_t port;
    size_t body_max;
    struct net_bodies *bodies;
    size_t (*body_max_of)(void *arg, const struct net_call *call);
    bool (*wants_body)(void *arg, const struct net_call *call);
    void (*handle)(void *arg, struct net_call *call);
    void (*served)(void *arg, const struct net_served *served);
    void *arg;
};

// --- turning

static void schedule(struct net_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(server->daemon, &ms) != MHD_YES)
        loop_timer_stop(server->timer);
    else
        loop_timer_start(server->timer, ms > INT_MAX ? INT_MAX : (int64_t)ms);
}

// A large body takes many turns of MHD, a piece each, while the loop's own come
// a millisecond apart at best. Others wait for no more than TURNS of them.
static void turn(struct net_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    for (int i = 0; i < TURNS && ms == 0; i++) {
        MHD_run(server->daemon);
        if (MHD_get_timeout(server->daemon, &ms) != MHD_YES)
            break;
    }
    schedule(server);
}

static void on_poll(void *arg, int events)
{
    (void)events;
    turn(arg);
}

static void on_timer(void *arg)
{
    turn(arg);
}

// --- calls

static struct net_call *call_new(struct net_server *server,
                                 struct MHD_Connection *connection,
                                 const char *path, const char *method)
{
    size_t path_len = strlen(path) + 1, method_len = strlen(method) + 1;
    struct net_call *call = xcalloc(1, sizeof(*call) + path_len + method_len);
    call->server = server;
    call->connection = connection;
    call->began_ms = clock_mono_ms(&clock_system);
    call->path = memcpy(call->texts, path, path_len);
    call->method = memcpy(call->texts + path_len, method, method_len);
    call->wanted = !server->wants_body || server->wants_body(server->arg, call);
    net_body_begin(call, server->bodies,
                   server->body_max_of ? server->body_max_of(server->arg, call)
                                       : server->body_max);
    call->next = server->calls;
    if (call->next)
        call->next->prev = call;
    server->calls = call;
    return call;
}

static void call_unlink(struct net_call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else if (call->server)
        call->server->calls = call->next;
    if (call->next)
        call->next->prev = call->prev;
    call->prev = call->next = NULL;
    call->server = NULL;
    call->connection = NULL;
}

static void call_free(struct net_call *call)
{
    call_unlink(call);
    net_stream_leave(call->stream);
    if (call->response)
        MHD_destroy_response(call->response);
    net_call_drop_extra(call);
    net_body_free(call);
    free(call);
}

static enum MHD_Result queue(struct net_call *call)
{
    return MHD_queue_response(call->connection, call->status, call->response);
}

static enum MHD_Result refuse(struct net_call *call)
{
    static const char large[] = "the body is too large\n";
    static const char busy[] = "too much is being sent at once; try again\n";
    bool is_busy = call->refused == MHD_HTTP_SERVICE_UNAVAILABLE;
    const char *text = is_busy ? busy : large;
    if (is_busy)
        net_answer_header(call, MHD_HTTP_HEADER_RETRY_AFTER, "5");
    net_call_respond(call, call->refused, "text/plain", text, strlen(text));
    MHD_add_response_header(call->response, MHD_HTTP_HEADER_CONNECTION,
                            "close");
    return queue(call);
}

static enum MHD_Result hand_over(struct net_call *call)
{
    struct net_server *server = call->server;
    net_body_end(call);
    call->handed_over = true;
    call->in_handler = true;
    server->handle(server->arg, call);
    call->in_handler = false;
    if (call->dropped)
        return MHD_NO;
    if (call->response)
        return queue(call);
    call->suspended = true;
    MHD_suspend_connection(call->connection);
    return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *body,
                                  size_t *body_len, void **state)
{
    (void)version;
    struct net_call *call = *state;
    if (!call) {
        call = *state = call_new(arg, connection, path, method);
        return call->refused ? refuse(call) : MHD_YES;
    }
    if (*body_len > 0) {
        bool go_on = net_body_take(call, body, *body_len);
        *body_len = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    if (call->dropped) // resumed
        return MHD_NO;
    if (call->response)
        return queue(call);
    return call->refused ? refuse(call) : hand_over(call);
}

static void on_completed(void *arg, struct MHD_Connection *connection,
                         void **state, enum MHD_RequestTerminationCode how)
{
    (void)connection;
    const struct net_server *server = arg;
    struct net_call *call = *state;
    *state = NULL;
    if (!call)
        return;
    if (server->served && call->connection)
        net_call_served(call, how, server->served, server->arg);
    if (call->handed_over && !call->response && !call->dropped)
        call_unlink(call); // the handler still has it, and will answer
    else
        call_free(call);
}

void net_call_answered(struct net_call *call)
{
    if (!call->connection) {
        call_free(call); // nobody is there to read it
    } else if (call->suspended) {
        call->suspended = false;
        MHD_resume_connection(call->connection);
        loop_timer_start(call->server->timer, 0);
    }
}

const char *net_call_method(const struct net_call *call)
{
    return call->method;
}

const char *net_call_path(const struct net_call *call)
{
    return call->path;
}

static const char *lookup(const struct net_call *call, enum MHD_ValueKind kind,
                          const char *name)
{
    return call->connection
               ? MHD_lookup_connection_value(call->connection, kind, name)
               : NULL;
}

const char *net_call_query(const struct net_call *call, const char *name)
{
    return lookup(call, MHD_GET_ARGUMENT_KIND, name);
}

const char *net_call_header(const struct net_call *call, const char *name)
{
    return lookup(call, MHD_HEADER_KIND, name);
}

// --- listening

static void on_mhd_log(void *arg, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void on_mhd_log(void *arg, const char *fmt, va_list args)
{
    (void)arg;
    char line[256];
    vsnprintf(line, sizeof(line), fmt, args);
    line[strcspn(line, "\n")] = '\0';
    log_debug("server: %s", line);
}

static bool bind_to(int fd, const struct net_server_spec *spec, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(spec->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(spec->port)};
    if (family == AF_INET) {
        inet_pton(AF_INET, spec->host, &v4.sin_addr);
        return bind(fd, (struct sockaddr *)&v4, sizeof(v4)) == 0;
    }
    inet_pton(AF_INET6, spec->host, &v6.sin6_addr);
    return bind(fd, (struct sockaddr *)&v6, sizeof(v6)) == 0;
}

static int listen_on(const struct net_server_spec *spec, struct err *err)
{
    struct in6_addr any;
    int family = inet_pton(AF_INET, spec->host, &any) == 1    ? AF_INET
                 : inet_pton(AF_INET6, spec->host, &any) == 1 ? AF_INET6
                                                              : AF_UNSPEC;
    if (family == AF_UNSPEC) {
        err_set(err, ERR_NET, "cannot listen on %s: expected a numeric address",
                spec->host);
        return -1;
    }
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind_to(fd, spec, family) && listen(fd, BACKLOG) == 0)
        return fd;
    err_errno(err, ERR_NET, "cannot listen on %s port %u", spec->host,
              spec->port);
    if (fd >= 0)
        close(fd);
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage any = {0};
    socklen_t len = sizeof(any);
    getsockname(fd, (struct sockaddr *)&any, &len);
    if (any.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)&any)->sin_port);
    return ntohs(((struct sockaddr_in6 *)&any)->sin6_port);
}

static struct MHD_Daemon *start(struct net_server *server, int fd,
                                const struct net_server_spec *spec)
{
    unsigned connections =
        spec->connections ? spec->connections : CONNECTIONS_DEFAULT;
    size_t memory = spec->memory ? spec->memory : MEMORY_DEFAULT;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

struct net_server *net_server_listen(struct loop *loop,
                                     const struct net_server_spec *spec,
                                     struct err *err)
{
    int fd = listen_on(spec, err);
    if (fd < 0)
        return NULL;
    struct net_server *server = xcalloc(1, sizeof(*server));
    server->loop = loop;
    server->port = port_of(fd);
    server->body_max = spec->body_max;
    server->body_max_of = spec->body_max_of;
    server->wants_body = spec->wants_body;
    server->bodies = xcalloc(1, sizeof(*server->bodies));
    *server->bodies = (struct net_bodies){.max = spec->bodies_max, .users = 1};
    server->handle = spec->handle;
    server->served = spec->served;
    server->arg = spec->arg;
    server->daemon = start(server, fd, spec);
    const union MHD_DaemonInfo *info =
        server->daemon
            ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)
            : NULL;
    server->timer = loop_timer_new(loop, on_timer, server);
    if (info)
        server->poll = loop_poll_new(loop, info->epoll_fd, on_poll, server);
    if (!server->poll) {
        err_set(err, ERR_NET, "cannot serve on %s port %u", spec->host,
                server->port);
        net_server_free(server);
        return NULL;
    }
    loop_poll_set(server->poll, LOOP_READ);
    schedule(server);
    return server;
}

uint16_t net_server_port(const struct net_server *server)
{
    return server->port;
}

// A suspended connection keeps MHD from stopping. Its call belongs to whoever
// took it, and only loses the connection.
static void abandon(struct net_call *call)
{
    struct MHD_Connection *connection = call->connection;
    bool suspended = call->suspended;
    call->suspended = false;
    if (suspended)
        MHD_resume_connection(connection);
}

void net_server_free(struct net_server *server)
{
    if (!server)
        return;
    loop_poll_free(server->poll);
    for (struct net_call *call = server->calls; call; call = call->next)
        abandon(call);
    if (server->daemon)
        MHD_stop_daemon(server->daemon); // on_completed() for each call
    loop_timer_free(server->timer);
    net_bodies_leave(server->bodies);
    free(server);
}
