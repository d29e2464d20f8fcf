// HTTP listening through libmicrohttpd, driven by the loop: no thread of its
// own. A handler gets the whole request and answers now or later.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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
    size_t memory;        // of each, for its request's head; 0: 32 kB
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
// Goes on until `read` returns -1. It puts at most `max` bytes into `out`, as
// the client takes them, and returns how many; 0: nothing for now, and it is
// asked again after net_stream_wake(). `gone` is the last that comes: it has
// ended, the client went, or the server. That a client went is noticed when
// something is sent. NULL, without `gone`, when nobody is there to read.
struct net_stream;
#define NET_STREAM_BLOCK 16384 // of bytes: `max` is about that
struct net_stream *
net_answer_stream(struct net_call *call, unsigned status, const char *type,
                  ssize_t (*read)(void *arg, char *out, size_t max),
                  void (*gone)(void *arg), void *arg);
void net_stream_wake(struct net_stream *stream); // not from inside `read`
// The connection ends without an answer.
void net_answer_none(struct net_call *call);
// A file with Range (206, 416), If-Range, HEAD, Accept-Ranges and ETag (`etag`
// without quotes, or NULL). 404 when it is not a file that can be opened, 503
// when none can.
void net_answer_file(struct net_call *call, const char *path, const char *type,
                     const char *etag);
// Before it: who asks for a file "from here on" gets no more than `most` bytes
// at once, and asks again. A browser that shows many clips has few connections,
// and holds each for as long as an answer on it lasts.
void net_answer_file_pieces(struct net_call *call, uint64_t most);
