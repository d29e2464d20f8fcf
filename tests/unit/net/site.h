// Our own server and a client, on one loop.

#pragma once

#include "base/buf.h"
#include "net/server.h"
#include "net_test.h"

struct site {
    struct loop *loop;
    struct net_client *client;
    struct net_server *server;
    unsigned port;
    int calls;
    struct buf seen;         // what the last call looked like
    bool named;              // it came from a User-Agent tarmac/…
    struct net_call *held;   // one that is answered later
    struct loop_timer *late; // when; NULL: by the test
};

// Of its headers those of `names`.
static inline void site_see(struct site *site, const struct net_call *call,
                            const char *const *names, size_t n)
{
    size_t len;
    const char *body = net_call_body(call, &len);
    const char *agent = net_call_header(call, "User-Agent");
    site->calls++;
    site->named = agent && strncmp(agent, "tarmac/", 7) == 0;
    buf_clear(&site->seen);
    buf_printf(&site->seen, "%s %s\n", net_call_method(call),
               net_call_path(call));
    for (size_t i = 0; i < n; i++) {
        const char *value = net_call_header(call, names[i]);
        if (value)
            buf_printf(&site->seen, "%s: %s\n", names[i], value);
    }
    buf_str(&site->seen, "\n");
    buf_add(&site->seen, body, len);
}

static inline struct site *site_new(void (*handle)(void *arg,
                                                   struct net_call *call))
{
    struct site *site = xcalloc(1, sizeof(*site));
    site->loop = loop_new();
    site->client = client_of(site->loop);
    buf_init(&site->seen, 1 << 20);
    struct net_server_spec spec = {.host = "127.0.0.1",
                                   .body_max = 1 << 20,
                                   .handle = handle,
                                   .arg = site};
    struct err err = {0};
    site->server = net_server_listen(site->loop, &spec, &err);
    assert_non_null(site->server);
    site->port = net_server_port(site->server);
    return site;
}

static inline int site_tear_down(void **state)
{
    struct site *site = *state;
    net_client_free(site->client);
    net_server_free(site->server);
    if (site->late)
        loop_timer_free(site->late);
    loop_free(site->loop);
    buf_free(&site->seen);
    free(site);
    return 0;
}
