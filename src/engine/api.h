// One request to a gateway's API: the only place where the key is used.

#pragma once

#include "engine/inside.h"

// Send `call` to the gate's address; `then` runs when p->answer is there. False
// with `err` when the dialect built something that may not be sent.
bool api_send(struct purchase *p, const struct dialect_call *call,
              bool spending, purchase_fn *then, struct err *err);

struct dialect_ctx api_ctx(const struct gate *gate, const char *callback_url);
