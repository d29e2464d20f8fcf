// A gateway at work: opened when it is first needed (address, key, row in the
// ledger), with the line of those who want to submit.

#pragma once

#include "engine/inside.h"

struct gate *gate_of(struct engine *engine, const struct gateway *gateway);
void gate_free(struct gate *gate);

// Is it open? Else `p` continues with `then` once that is decided, and the
// opening begins; when it is shut, `p` is settled. True: go on now.
bool gate_need(struct purchase *p, purchase_fn *then);
// The opening begins, for nobody in particular.
enum gate_state gate_open(struct gate *gate);

// A request of `p` did not reach the built-in gateway: start it again, once for
// all who found out. True: it will be opened again.
bool gate_lost(struct purchase *p);
bool gate_lost_at(struct gate *gate, int epoch); // of what was sent then
// The built-in gateway is there: only a connection to it was lost.
bool gate_lives(const struct gate *gate);

// No more submits in this run, `ending` is copied; polls go on.
void gate_refuse(struct gate *gate, enum err_kind err, const char *kind,
                 const char *text);

void gate_step(struct gate *gate);

// A question (a poll, a list) that was sent at `sent_ms` may be answered with
// "too many requests": then all questions to this gateway wait, and nothing is
// wrong. True: it was. `kind` is the dialect's, or NULL.
bool gate_asked_too_often(struct gate *gate, const struct answer *answer,
                          const char *kind, int64_t sent_ms);
// How long the next question has to wait; 0: not at all.
int64_t gate_ask_wait(const struct gate *gate);

// May `p` ask its question now? Else it continues with `then` once the wait is
// over, the gate is open and one of its polls has a place; when it is shut, `p`
// is settled.
bool gate_may_ask(struct purchase *p, purchase_fn *then);
// The last of these alone.
bool gate_may_poll(struct purchase *p, purchase_fn *then);
// A question of `p` is on its way; it was answered, or is not waited for.
void gate_polls(struct purchase *p);
void gate_polled(struct purchase *p);

// Can word of a task reach us by a callback?
bool gate_hears(const struct gate *gate);
// The callback URL of an attempt; owned.
char *gate_callback_url(const struct gate *gate, const char *token, int port);
