// What the service answers to which path.

#pragma once

#include <stdint.h>

#include "gateway/rehearsal.h"
#include "gateway/task.h"
#include "loop/loop.h"
#include "net/server.h"

struct routes {
    struct loop *loop;
    struct tasks *tasks;
    const char *assets;    // the folder
    const char *authority; // "127.0.0.1:8787": for clients that name no Host
    const char *key;       // NULL: everybody is served
    struct rehearsal *rehearsal; // NULL: nothing goes wrong on purpose
    int64_t began_ms;            // monotonic: when this process did
    bool draft;
    bool closing; // nothing new is taken
    // Submits that a thread still reads; the pool must be done with them
    // before the server is freed.
    int reading;
};

void routes_handle(void *routes, struct net_call *call); // net_server's
