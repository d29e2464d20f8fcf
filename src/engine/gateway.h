// A gateway as configured: filled by `cli` from the built-in table, the
// configuration and the recipe; constant while the engine lives.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/value.h"
#include "engine/dialect.h"

struct gateway {
    char *name;
    char *identity; // name, unless configured
    char *url;      // "https://host[:port][/path]", no slash at its end;
                    // NULL for `local`, whose address is found when needed
    char *origin;   // of url; "local" for the built-in one
    char *prefix, *profile; // or NULL
    const struct dialect *dialect;
    bool local;    // the built-in service
    bool loopback; // url is on this machine
    bool insecure;
    int in_flight;             // 0: 4
    int64_t poll_min_ms;       // least time between two polls of one task
    int64_t timeout_ms;        // of one answer, and of a download that stands
                               // still; 0: the engine's own
    int64_t clip_max;          // bytes of the largest clip taken; 0: 2 GB
    int64_t budget;            // thousandths; -1: none
    struct value *prices;      // model -> credits per second; or NULL
    struct value *headers;     // more headers for the API's routes; or NULL
    char *callback_url;        // sent as it is, without a token; or NULL
    char *callback_public_url; // prefix for a token; or NULL
    char *callback_listen;     // "ADDR:PORT"; or NULL
};

// It runs on this machine.
static inline bool gateway_is_near(const struct gateway *gateway)
{
    return gateway->local || gateway->loopback;
}
