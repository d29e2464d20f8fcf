// What makes two orders the same purchase. Pure.

#pragma once

#include "base/hash.h"
#include "data/value.h"

// SHA-256 of the canonical JSON of {"gateway", "request", "route", "take"}.
// `request` is the neutral one, files in it named by what they hold.
void fingerprint_make(const char *gateway, const char *route,
                      const struct value *request, int take,
                      char out[HASH_HEX]);

// The canonical JSON of a request, as the ledger keeps it; owned.
char *fingerprint_request(const struct value *request);
