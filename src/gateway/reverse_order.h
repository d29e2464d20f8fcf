// The bodies of the reverse format: read, checked by the profile, and turned
// into an order.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "gateway/order.h"
#include "gateway/wire.h"

#define REVERSE_BODY_MAX (24u << 20) // a film of 16 MB as a data: URI
#define REVERSE_PROMPT_MAX 10000     // bytes
#define REVERSE_URL_MAX 4096

struct reverse_refusal {
    const char *code; // "invalid_request", "callback_url_empty"
    char *message; // one line: field, what is accepted, what was found; owned
};

// `profile` "lenient" takes all that any of the others takes. `route` is a
// name of wire/reverse.yaml: "generate". False with `why`. Pure: safe in any
// thread; `out` is the caller's to clear, also after a failure.
bool reverse_order(const struct wire *wire, const char *profile,
                   const char *route, const char *body, size_t len, bool draft,
                   struct order *out, struct reverse_refusal *why);

// A header that the profile wants with this order: its name, NULL: none.
// `required` is false where a client is only told that it is missing.
const char *reverse_header(const struct wire *wire, const char *profile,
                           const char *route, const struct order *order,
                           bool *required);
