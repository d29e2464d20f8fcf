// HTTP listening through libmicrohttpd, driven by the loop: no thread of its
// own. A handler gets the whole request and answers now or later.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

struct net_call; // one request that has not been answered yet

// A call as it ended, for a log of accesses; everything borrowed.
struct net_served {
    const char *peer; // its address, numeric
    const char *method, *path;
    const char *agent; // what the client calls itself, or NULL
    unsigned status;   // 0: it ended without an answer
    uint64_t bytes;    // of the answer's body, as far as it was announced
    bool whole;        // the answer was sent to its end
    int64_t ms;        // since its headers were read
};

struct net_server_spec {
    const char *host;     // numeric: "127.0.0.1", "::1"
    uint16_t port;        // 0: any
    size_t body_max;      // a larger body is answered 413 and not read
    size_t bodies_max;    // of all that are held: beyond, 503; 0: no ceiling
    unsigned connections; // ceiling; 0: 1024
    // Another body_max for some calls; of them, only the request line and the
    // headers are known by then. NULL: one for all.
    size_t (*body_max_of)(void *arg, const struct net_call *call);
    // False for a call that will be refused whatever it brings: its body is
    // read and not kept. As much is known as above. NULL: all are kept.
    bool (*wants_body)(void *arg, const struct net_call *call);
    void (*handle)(void *arg, struct net_call *call);
    // Hears of every call that has ended; may be NULL.
    void (*served)(void *arg, const struct net_served *served);
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
// NUL-terminated; `len` may be NULL. Empty where it is multipart/form-data.
const char *net_call_body(const struct net_call *call, size_t *len);
bool net_call_is_form(const struct net_call *call); // one that reads well
// The first field of that name: NUL-terminated, `len` bytes; NULL: there is
// none. `len` and `filename` (as the client named it, NULL: no file) may be
// NULL.
const char *net_call_form(const struct net_call *call, const char *name,
                          size_t *len, const char **filename);

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
