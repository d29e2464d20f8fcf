// The pictures and films that an order brings: from its own text, from our
// assets and uploads, or from other machines.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gateway/hosts.h"
#include "gateway/order.h"
#include "gateway/uploads.h"
#include "net/client.h"

#define INPUTS_PICTURE_MAX (16u << 20)
#define INPUTS_FILM_MAX (64u << 20)
#define INPUTS_MEMORY_MAX (64u << 20) // of an order's pictures
#define INPUTS_FETCH_MS 15000

// Where they may come from; all of it is borrowed.
struct inputs_place {
    const char *assets;            // the folder
    const struct uploads *uploads; // NULL: there are none
    const struct hosts *hosts;     // that may be called
};

struct input_got {
    enum order_role role;
    void *bytes; // a picture's; owned
    size_t len;
    char *path; // a film's; owned
    bool ours;  // the file goes with the job
    char *url;  // is still to be fetched; owned
};

struct inputs {
    struct input_got all[ORDER_INPUTS_MAX];
    size_t n;
};

// May the machines be called that the order names? For a submit: false with
// `err`, which names the field. `own_host` is what the client called us. Safe
// in any thread.
bool inputs_allowed(const struct inputs_place *place, const struct order *order,
                    const char *own_host, struct err *err);

// All that needs no network; for a thread. What is to be fetched has its `url`
// set. `id` names the files that are made, in the assets, where no route serves
// them. ERR_FORMAT: an input is at fault; ERR_DISK: we are. To be cleared
// either way.
bool inputs_read(const struct inputs_place *place, const struct order *order,
                 const char *own_host, const char *id, struct inputs *out,
                 struct err *err);
void inputs_clear(struct inputs *inputs); // and remove what it made
const struct input_got *inputs_find(const struct inputs *inputs,
                                    enum order_role role); // or NULL
const char *inputs_name(enum order_role role);             // "last_image"

// Fetches one after the other. `done` gets NULL when all are there, or what is
// wrong: ERR_NET: the network failed; ERR_FORMAT: what came is not to be had.
// Some input must be wanting. NULL with ERR_DISK: there is no room for it, and
// `done` does not come.
struct inputs_fetch;
struct inputs_fetch *
inputs_fetch(struct net_client *client, const struct inputs_place *place,
             const char *id, struct inputs *inputs,
             void (*done)(void *arg, const struct err *err), void *arg,
             struct err *err);
// No `done` comes then. Not from inside a callback of the net room.
void inputs_fetch_stop(struct inputs_fetch *fetch);
