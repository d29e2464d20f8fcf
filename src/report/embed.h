// What an output tells of itself: one line of JSON with what made it, so that
// it can be made again where no ledger is. What may be told is listed here and
// nowhere else. Pure.
//
//     {"tarmac":1,"version":…,"recipe":…,"cell":…,"output":…,"gateway":…,
//      "route":…,"take":…,"fingerprint":…,"task_id":…,"request":{…},
//      "left_out":["image"],"of":{fingerprint:{"gateway":…,"route":…,"take":…,
//      "request":{…},"left_out":[…]}}}
//
// `of` has the requests of the clips that requests name, and of those that they
// name. `output` and `left_out` stand there when there is one, `gateway` of a
// source where it is another than the clip's.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "data/value.h"

#define EMBED_FORMAT 1
#define EMBED_BYTES_MAX 64000
#define EMBED_SOURCES_MAX 64
#define EMBED_DEPTH_MAX 16 // clip of a clip of a clip …

// What was asked for. `request` as it is hashed (purchase_named()); NULL: it is
// not known.
struct embed_order {
    char *gateway; // identity
    char *route;
    int take;
    struct value *request;
};

struct embed_cell {
    const char *version, *recipe, *cell, *output; // output: "" or its name
    const char *gateway;                          // name
    const char *fingerprint, *task_id;            // task_id: or NULL
    struct embed_order order;                     // borrowed
    // What the purchase of this fingerprint asked for, owned by the caller;
    // false: nobody knows.
    bool (*find)(void *arg, const char *fingerprint, struct embed_order *order);
    void *arg;
};
// Owned; NULL where it would be too long. `made_of` is the same for the same
// text, whatever version of tarmac wrote it.
char *embed_text(const struct embed_cell *cell, char made_of[HASH_HEX]);

// Of a request as it is hashed: what may be told. Names of fields that were
// left out are added to `left_out`, which may be NULL. Owned.
struct value *embed_request(const struct value *request,
                            struct value *left_out);
// A text that may be told: no data: URI, no other address in it than such.
bool embed_may_say(const char *text);

// What a stranger's clip tells: a tree as above, with nothing else in it; its
// requests are to be checked as a recipe's. Owned; NULL with `err` (ERR_FORMAT,
// "it …").
struct value *embed_read(const char *text, size_t len, struct err *err);
