// One request to a gateway's API: the only place where the key is used.

#pragma once

#include "engine/inside.h"

// Send `call` to the gate's address; `then` runs when p->answer is there. False
// with `err` when the dialect built something that may not be sent.
bool api_send(struct purchase *p, const struct dialect_call *call,
              bool spending, purchase_fn *then, struct err *err);

// A question that no purchase asks for itself. `done` runs below the loop, and
// hands its response to api_take(). It waits for at most `most_ms`; 0: as long
// as any question. NULL with `err`, as above.
typedef void api_done(void *arg, const struct net_response *response);
struct net_exchange *api_ask(struct gate *gate, const struct dialect_call *call,
                             int64_t most_ms, api_done *done, void *arg,
                             struct err *err);
// Into `answer`, the key taken out of it.
void api_take(struct gate *gate, const struct net_response *response,
              struct answer *answer);

struct dialect_ctx api_ctx(const struct gate *gate, const char *callback_url);
