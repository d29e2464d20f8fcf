// Tells callback URLs on this machine how their tasks go: the feed's data
// object alone, by POST. Per task in order; while one is under way only the
// latest state waits. The final state is tried again when it does not arrive.

#pragma once

#include "gateway/rehearsal.h"
#include "gateway/task.h"
#include "loop/loop.h"
#include "net/client.h"

#define CALLBACKS_AT_ONCE 16
#define CALLBACK_TRIES 10 // after the first; 1, 2, 4, 8 … s apart

struct callbacks;

struct callbacks *callbacks_new(struct loop *loop, struct net_client *client,
                                struct tasks *tasks,
                                struct rehearsal *rehearsal);
void callbacks_changed(struct callbacks *callbacks, struct task *task);
// Before its client and its tasks. Not from inside a callback of the net room.
void callbacks_free(struct callbacks *callbacks); // NULL is fine
