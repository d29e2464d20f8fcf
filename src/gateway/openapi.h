// What the service takes and answers, as OpenAPI 3.1, put together from the
// tables.

#pragma once

#include "data/value.h"
#include "gateway/routes.h"
#include "gateway/wire.h"

// `host` is where the client sees us; `key`: one is asked for. Owned.
struct value *openapi_document(const struct wire *wire, const char *host,
                               bool key);

void openapi_answer(struct routes *r, const struct route *route,
                    struct net_call *call, const struct fault *fault);
