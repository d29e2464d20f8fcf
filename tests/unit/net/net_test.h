// What the tests of this room share: one exchange, waited for, kept.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../turning.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "net/client.h"

struct kept {
    bool done;
    int times;
    enum net_result result;
    long status;
    char *body, *url, *error, *type, *range;
    size_t body_len, n_headers;
};

static inline void keep(void *arg, const struct net_response *response)
{
    struct kept *kept = arg;
    kept->done = true;
    kept->times++;
    kept->result = response->result;
    kept->status = response->status;
    kept->body = xmalloc(response->body_len + 1);
    memcpy(kept->body, response->body, response->body_len + 1);
    kept->body_len = response->body_len;
    kept->n_headers = response->n_headers;
    kept->url = xstrdup(response->url);
    kept->error = xstrdup(response->error);
    kept->type = xstrdup(net_response_header(response, "content-type"));
    kept->range = xstrdup(net_response_header(response, "content-range"));
}

static inline void kept_free(struct kept *kept)
{
    free(kept->body);
    free(kept->url);
    free(kept->error);
    free(kept->type);
    free(kept->range);
    *kept = (struct kept){0};
}

// Send `request` (its `done` and `arg` are set here) and wait for its end.
static inline struct kept fetch(struct loop *loop, struct net_client *client,
                                struct net_request request)
{
    struct kept kept = {0};
    request.done = keep;
    request.arg = &kept;
    if (!request.method)
        request.method = "GET";
    net_send(client, &request);
    assert_false(kept.done); // never before loop_once()
    turn_until(loop, &kept.done);
    assert_int_equal(kept.times, 1);
    return kept;
}

static inline char *url_of(unsigned port, const char *path)
{
    return xasprintf("http://127.0.0.1:%u%s", port, path);
}

static inline struct net_client *client_of(struct loop *loop)
{
    struct err err = {0};
    struct net_client *client = net_client_new(loop, &err);
    if (!client)
        fail_msg("%s", err.text);
    return client;
}
