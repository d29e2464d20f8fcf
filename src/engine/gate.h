// A gateway at work: opened when it is first needed (address, key, row in the
// ledger), with the line of those who want to submit.

#pragma once

#include "engine/inside.h"

struct gate *gate_of(struct engine *engine, const struct gateway *gateway);
void gate_free(struct gate *gate);

// Is it open? Else `p` continues with `then` once that is decided, and the
// opening begins; when it is shut, `p` is settled. True: go on now.
bool gate_need(struct purchase *p, purchase_fn *then);

// A request of `p` did not reach the built-in gateway: start it again, once for
// all who found out. True: it will be opened again.
bool gate_lost(struct purchase *p);

// No more submits in this run, `ending` is copied; polls go on.
void gate_refuse(struct gate *gate, enum err_kind err, const char *kind,
                 const char *text);

void gate_step(struct gate *gate);

// Can word of a task reach us by a callback?
bool gate_hears(const struct gate *gate);
// The callback URL of an attempt; owned.
char *gate_callback_url(const struct gate *gate, const char *token, int port);
