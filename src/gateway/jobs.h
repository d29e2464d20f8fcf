// Carries out orders: brings their inputs, renders in threads that nothing else
// waits for, and tells the tasks how it goes.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "gateway/hosts.h"
#include "gateway/inputs.h"
#include "gateway/task.h"
#include "gateway/uploads.h"
#include "gateway/wire.h"
#include "loop/loop.h"
#include "net/client.h"

#define JOBS_FETCHES 4     // jobs that fetch their inputs at once
#define JOBS_FETCH_ROOM 16 // those, and the ones that wait to

struct jobs_spec {
    struct loop *loop;
    struct tasks *tasks;
    struct net_client *client;
    const struct clock *clock;
    const struct wire *wire;
    const char *assets;            // the folder; borrowed, as are the next two
    const struct uploads *uploads; // NULL: there are none
    const struct hosts *input_hosts; // NULL: this machine alone
    int renders;                     // at once; 0: as many as there are cores
    int64_t latency_ms;              // least time from acceptance to success
    bool draft;
    bool same_clip; // one clip for all tasks of a kind
};

struct jobs *jobs_new(const struct jobs_spec *spec);
// Where its inputs come from; lives as long as the jobs.
const struct inputs_place *jobs_place(const struct jobs *jobs);
void jobs_kick(struct jobs *jobs); // something may be queued
// Of every change of a task: starts what may run now, and stops the render of
// one that was cancelled.
void jobs_changed(struct jobs *jobs, struct task *task);
// Begin no more, and stop what is under way: its tasks stay open, and start
// again with the next gateway. Not from inside a callback of the net room.
void jobs_stop(struct jobs *jobs);
void jobs_look(struct jobs *jobs, struct task *task); // tasks_on_look()'s
bool jobs_idle(const struct jobs *jobs);              // nothing is in a thread
void jobs_free(struct jobs *jobs);                    // stopped and idle
