// What the service answers to which path.

#pragma once

#include <stdint.h>

#include "base/hash.h"
#include "gateway/access.h"
#include "gateway/inputs.h"
#include "gateway/rehearsal.h"
#include "gateway/task.h"
#include "gateway/uploads.h"
#include "gateway/wire.h"
#include "loop/loop.h"
#include "net/server.h"

#define ROUTES_FOUND_MAX 128

struct routes {
    struct loop *loop;
    struct tasks *tasks;
    const char *assets;    // the folder
    const char *authority; // "127.0.0.1:8787": for clients that name no Host
    const char *key;       // NULL: everybody is served
    struct rehearsal *rehearsal; // NULL: nothing goes wrong on purpose
    int64_t began_ms;            // monotonic: when this process did
    const struct wire *wire;
    struct uploads *uploads;
    const struct inputs_place *inputs; // what orders may bring from where
    const char *profile;               // of the reverse format
    enum wire_shape shape;
    int tier;                  // of the official API
    int64_t credits;           // that may be spent in all; 0: any number
    struct access_log *access; // NULL: nothing is logged
    bool draft;
    bool closing; // nothing new is taken
    // Calls that a thread still works on; the pool must be done with them
    // before the server is freed.
    int reading;
    int submits; // of these, what may become tasks of the reverse format
    // What was found of the latest call: the same is asked of one several
    // times, and of the next one too.
    struct {
        char path[ROUTES_FOUND_MAX];
        const struct route *route;
        char near_host[ROUTES_FOUND_MAX]; // "": none yet
        char key_hash[HASH_HEX];          // of our own; "": not yet
    } found;
};

enum route_api {
    API_OPEN, // needs no key
    API_REVERSE,
    API_OFFICIAL,
};

struct route {
    const char *path;  // "/assets/": and all below it
    const char *allow; // methods: "GET, HEAD"
    enum route_api api;
    int at; // which faults may befall it; 0: none
    void (*handle)(struct routes *r, const struct route *route,
                   struct net_call *call, const struct fault *fault);
};

// Each ends with a row without a path.
extern const struct route reverse_routes[], official_routes[], upload_routes[],
    page_routes[];

// What the client called us, when that can stand in a URL: borrowed.
const char *routes_host(const struct routes *r, const struct net_call *call);
void routes_nothing(struct net_call *call); // 404: there is no such path

void routes_handle(void *routes, struct net_call *call); // net_server's
size_t routes_body_max(void *routes, const struct net_call *call);
bool routes_wants_body(void *routes, const struct net_call *call);
// Of all calls together: what is sent ahead may be large, but not all at once.
#define ROUTES_BODIES_MAX ((size_t)256 << 20)
