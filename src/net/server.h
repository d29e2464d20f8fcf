// HTTP listening through libmicrohttpd, driven by the loop: no thread of its
// own. A handler gets the whole request and answers now or later.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

struct net_call; // one request that has not been answered yet

struct net_server_spec {
    const char *host;     // numeric: "127.0.0.1", "::1"
    uint16_t port;        // 0: any
    size_t body_max;      // a larger body is answered 413 and not read
    unsigned connections; // ceiling; 0: 1024
    void (*handle)(void *arg, struct net_call *call);
    void *arg;
};

struct net_server *net_server_listen(struct loop *loop,
                                     const struct net_server_spec *spec,
                                     struct err *err);
uint16_t net_server_port(const struct net_server *server);
// Ends what is open. A call that a handler still holds stays valid, without
// headers and query, until it is answered. Not from inside a handler.
void net_server_free(struct net_server *server);

// --- the request; everything borrowed until the answer
const char *net_call_method(const struct net_call *call);
const char *net_call_path(const struct net_call *call); // before '?', decoded
const char *net_call_query(const struct net_call *call, const char *name);
const char *net_call_header(const struct net_call *call, const char *name);
// NUL-terminated; `len` may be NULL.
const char *net_call_body(const struct net_call *call, size_t *len);

// --- the answer, exactly one net_answer… for each call, now or later; then the
// call is gone. It is fine when the client has gone away meanwhile.

// One more header of the coming answer, such as Retry-After. A name or value
// that cannot be sent is left out.
void net_answer_header(struct net_call *call, const char *name,
                       const char *value);
// `bytes` are copied; `type` may be NULL. Never cached by the client.
void net_answer(struct net_call *call, unsigned status, const char *type,
                const void *bytes, size_t len);
// Breaks off: `promised` bytes are announced, `len` come, and the connection
// ends.
void net_answer_part(struct net_call *call, unsigned status, const char *type,
                     const void *bytes, size_t len, uint64_t promised);
// The connection ends without an answer.
void net_answer_none(struct net_call *call);
// A file with Range (206, 416), If-Range, HEAD, Accept-Ranges and ETag (`etag`
// without quotes, or NULL). 404 when it is not a file that can be opened.
void net_answer_file(struct net_call *call, const char *path, const char *type,
                     const char *etag);
