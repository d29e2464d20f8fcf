// A response, copied out of the net room's callback so that engine_step() can
// read it; and the line that the ledger keeps of what happened on the wire.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "data/value.h"
#include "engine/dialect.h"
#include "net/client.h"

struct answer {
    enum net_result result;
    long status;
    struct value *headers; // map; NULL: no answer yet
    char *body;
    size_t len;
    char error[256];
    int64_t elapsed_ms;
};

void answer_take(struct answer *answer, const struct net_response *response);
// Takes the key (NULL: none) out of everything: services echo what they were
// sent, and what they say goes to Lua, the ledger and people.
void answer_hide(struct answer *answer, const char *key);
void answer_free(struct answer *answer); // zeroed afterwards
struct dialect_answer answer_view(const struct answer *answer);
const char *answer_header(const struct answer *answer, const char *name);

// JSON: result, status, error, and the body up to 64 KiB; owned.
char *answer_wire(const struct answer *answer);

// One line for people: "HTTP 502" or why there was no answer; owned.
char *answer_said(const struct answer *answer);
