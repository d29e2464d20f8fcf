// Tells callback URLs how their tasks go: the feed's data object alone, by
// POST, to machines that may be called. Per task in order; while one is under
// way only the latest state waits. The final state is tried again when it does
// not arrive, for about a quarter of an hour.

#pragma once

#include "gateway/hosts.h"
#include "gateway/rehearsal.h"
#include "gateway/task.h"
#include "loop/loop.h"
#include "net/client.h"

#define CALLBACKS_AT_ONCE 16
#define CALLBACK_TRIES 10 // after the first; 1, 2, 4, 8 … s apart

struct callbacks;

// `hosts` (borrowed) is what tasks_callback_hosts() got.
struct callbacks *callbacks_new(struct loop *loop, struct net_client *client,
                                struct tasks *tasks,
                                struct rehearsal *rehearsal,
                                const struct hosts *hosts);
void callbacks_changed(struct callbacks *callbacks, struct task *task);
// Before its client and its tasks. Not from inside a callback of the net room.
void callbacks_free(struct callbacks *callbacks); // NULL is fine
