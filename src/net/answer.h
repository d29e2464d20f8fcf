// What the server and its answers share: one call and its response.

#pragma once

#include <microhttpd.h>

#include "base/buf.h"
#include "net/server.h"

struct net_call {
    struct net_server *server;
    struct MHD_Connection *connection; // NULL once the server is gone
    struct net_call *prev, *next;      // of the server
    char *method, *path;
    struct buf body;
    size_t received;  // bytes of body, kept or not
    bool too_large;   // answered 413 by ourselves
    bool handed_over; // the handler has it: it lives until it is answered
    bool in_handler;  // being called now: the answer is queued on return
    bool suspended;
    bool dropped;                  // answered by ending the connection
    bool finished;                 // MHD is done with it, or never will be
    struct MHD_Response *response; // the answer, once there is one
    unsigned status;
    struct net_call_header *extra; // of net_answer_header()
};

struct net_call_header {
    struct net_call_header *next;
    char *name, *value;
};

// server.c: `call` has got its response; give it to MHD now or soon, or free
// the call if nobody is there to read it.
void net_call_answered(struct net_call *call);

// answer.c: make the response of a short text answer.
void net_call_respond(struct net_call *call, unsigned status, const char *type,
                      const void *bytes, size_t len);
void net_call_drop_extra(struct net_call *call);
