// What the faults of a rehearsal do to the calls of clients: picked before a
// call is served, and done to its answer. Without faults, nothing.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "data/value.h"
#include "gateway/answer.h"
#include "gateway/faults.h"
#include "gateway/task.h"
#include "loop/loop.h"
#include "net/server.h"

struct rehearsal;

// `faults` is borrowed.
struct rehearsal *rehearsal_new(struct loop *loop, struct tasks *tasks,
                                struct faults *faults);
// Calls that still wait lose their connection. Before the server; NULL is fine.
void rehearsal_free(struct rehearsal *rehearsal);

// What befalls this call, which asks `at`. No fault where `rehearsal` is NULL.
struct fault rehearsal_ask(struct rehearsal *rehearsal, enum fault_at at,
                           const struct net_call *call);
// What befalls the callbacks of a task; asked once for each.
struct fault rehearsal_callback(struct rehearsal *rehearsal, const char *id);

// Serve the call after fault->ms. Not one that buys: what is bought is bought
// when it is asked for, and told late.
void rehearsal_hold(struct rehearsal *rehearsal, const struct fault *fault,
                    void (*serve)(void *arg, struct net_call *call), void *arg,
                    struct net_call *call);

// True: the fault comes before anything is done, and the call is answered.
bool rehearsal_before(const struct fault *fault, struct net_call *call);
// answer_feed(), the way the fault has it; what was asked is done. Takes
// `data`, which is native whatever the form.
void rehearsal_data(const struct fault *fault, struct net_call *call,
                    struct value *data, const struct answer_form *form);
// The same of an answer that is the whole body, late where the fault has it so.
// Takes `v`.
void rehearsal_json(struct rehearsal *rehearsal, const struct fault *fault,
                    struct net_call *call, struct value *v);
// answer_data() after fault->ms, without a fault.
void rehearsal_data_late(struct rehearsal *rehearsal, const struct fault *fault,
                         struct net_call *call, struct value *data,
                         int64_t started_us);
// A clip or picture. False: the fault is none of those; answer as ever.
bool rehearsal_asset(const struct fault *fault, struct net_call *call,
                     const char *path, const char *type);
// A callback that is not true; JSON, owned.
char *rehearsal_lie(void);
