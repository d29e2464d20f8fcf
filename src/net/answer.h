// What the server and its answers share: one call and its response.

#pragma once

#include <microhttpd.h>

#include "base/buf.h"
#include "net/server.h"

struct net_call {
    struct net_server *server;
    struct MHD_Connection *connection; // NULL once the server is gone
    struct net_call *prev, *next;      // of the server
    const char *method, *path;         // in `texts`
    struct buf body;
    struct net_bodies *bodies; // what all calls hold
    struct MHD_PostProcessor *form;
    struct net_field *fields; // of a form: instead of `body`
    size_t received, held;    // bytes of body, kept or not; kept
    unsigned refused;         // answered by ourselves, with this status
    bool wanted;              // its body is kept
    bool is_form, form_broken;
    bool handed_over; // the handler has it: it lives until it is answered
    bool in_handler;  // being called now: the answer is queued on return
    bool suspended;
    bool dropped;                  // answered by ending the connection
    bool finished;                 // MHD is done with it, or never will be
    struct MHD_Response *response; // the answer, once there is one
    unsigned status;
    struct net_stream *stream;     // that the answer is, or NULL
    uint64_t piece_max;            // of an open range of a file; 0: all
    uint64_t length;               // of the answer's body, as announced
    int64_t began_ms;              // monotonic
    struct net_call_header *extra; // of net_answer_header()
    char texts[];
};

struct net_call_header {
    struct net_call_header *next;
    char *name, *value;
};

// Shared by a server and its calls, of which some may outlive it.
struct net_bodies {
    size_t max, held; // bytes; max 0: no ceiling
    unsigned users;
};

// body.c: in this order; `end` when all has come. False: end the connection.
void net_body_begin(struct net_call *call, struct net_bodies *bodies,
                    size_t max);
bool net_body_take(struct net_call *call, const char *bytes, size_t len);
void net_body_end(struct net_call *call);
void net_body_free(struct net_call *call);
void net_bodies_leave(struct net_bodies *bodies);

// server.c: `call` has got its response; give it to MHD now or soon, or free
// the call if nobody is there to read it.
void net_call_answered(struct net_call *call);

// served.c: tell of a call whose connection is still there, and done with it.
void net_call_served(const struct net_call *call,
                     enum MHD_RequestTerminationCode how,
                     void (*served)(void *arg, const struct net_served *served),
                     void *arg);

// stream.c: MHD is done with the call; NULL is fine.
void net_stream_leave(struct net_stream *stream);

// answer.c: take `response`, with the headers that every answer has.
void net_call_respond_with(struct net_call *call, unsigned status,
                           const char *type, struct MHD_Response *response);
// Make the response of a short text answer.
void net_call_respond(struct net_call *call, unsigned status, const char *type,
                      const void *bytes, size_t len);
void net_call_drop_extra(struct net_call *call);
