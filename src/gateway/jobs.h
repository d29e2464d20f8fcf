// Renders queued tasks: at most two at once, in the thread pool, so that routes
// are never blocked.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "gateway/task.h"
#include "loop/loop.h"
#include "net/client.h"

#define JOBS_MAX 2

struct jobs_spec {
    struct loop *loop;
    struct tasks *tasks;
    struct net_client *client;
    const struct clock *clock;
    const char *assets; // the folder; borrowed
    int64_t latency_ms; // least time from acceptance to success
    bool draft;
};

struct jobs *jobs_new(const struct jobs_spec *spec);
void jobs_kick(struct jobs *jobs); // something may be queued
// Begin no more, and stop what is under way: its tasks stay open, and start
// again with the next gateway. Not from inside a callback of the net room.
void jobs_stop(struct jobs *jobs);
bool jobs_idle(const struct jobs *jobs); // nothing is in a thread
void jobs_free(struct jobs *jobs);       // stopped and idle
