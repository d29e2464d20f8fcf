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
    bool barred; // as in struct net_response
    char *error; // NULL: none
    int64_t elapsed_ms;
};

void answer_take(struct answer *answer, const struct net_response *response);
// Takes the key (NULL: none) out of everything: services echo what they were
// sent, and what they say goes to Lua, the ledger and people.
void answer_hide(struct answer *answer, const char *key);
// The same for the values of the configured `headers` (map of texts, or NULL)
// whose names speak of a secret. Others are left, since a project's or a
// region's name may be a part of the addresses in the answer.
void answer_hide_headers(struct answer *answer, const struct value *headers);
void answer_free(struct answer *answer); // zeroed afterwards
// One that is there only from its coming until it was read: *answer is NULL
// before the first, and never afterwards, but answer_none.
extern const struct answer answer_none;
struct answer *answer_renew(const struct answer **answer);
void answer_drop(const struct answer **answer);
struct dialect_answer answer_view(const struct answer *answer);
const char *answer_header(const struct answer *answer, const char *name);
// Milliseconds that Retry-After asks for; -1: it does not.
int64_t answer_retry_after(const struct answer *answer, int64_t wall_ms);

// JSON: result, status, error, and the body up to 64 KiB; owned.
char *answer_wire(const struct answer *answer);

// One line for people: "HTTP 502" or why there was no answer; owned.
char *answer_said(const struct answer *answer);
