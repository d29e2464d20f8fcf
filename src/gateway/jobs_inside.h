// What jobs.c and job_inputs.c share.

#pragma once

#include <stdatomic.h>
#include <sys/queue.h>

#include "gateway/due.h"
#include "gateway/job_render.h"
#include "gateway/jobs.h"
#include "gateway/same.h"

enum phase {
    JOB_READING,  // in a thread: its order, and the inputs that are here
    JOB_HUNGRY,   // waits to fetch the others
    JOB_FETCHING, // on the network
    JOB_DRAWING,  // in a thread, or waits for one
    JOB_STUCK,    // the disk is full; is drawn again later
    JOB_SHARING,  // waits for the clip of its kind, which another draws
};
#define PHASES 6

struct job {
    struct jobs *jobs;
    struct task *task; // NULL: cancelled
    enum phase phase;
    char id[TOKEN_UUID];
    char *api, *route, *profile, *host; // the task's
    char *request;                      // as it was submitted
    struct order order;
    struct inputs inputs;
    struct inputs_fetch *fetch;      // while JOB_FETCHING
    void (*resume)(struct job *job); // while JOB_STUCK
    struct same_kind *draws;         // for all of its kind; or NULL
    struct render_facts facts;
    bool failed;
    struct err err;
    atomic_int permille;
    atomic_bool stop;
    TAILQ_ENTRY(job) link;
};

TAILQ_HEAD(job_list, job);

struct jobs {
    struct jobs_spec spec;
    struct inputs_place place;
    struct hosts *own_hosts; // where the spec has none
    struct loop_pool *pool;
    int threads;
    struct loop_timer *tick, *again;
    struct dues *dues; // tasks whose clip is there; NULL: stopped
    struct same *same; // NULL: every task has a clip of its own
    struct job_list list;
    int in[PHASES]; // how many jobs
    bool said_full, stopped, kicking;
};

void job_enter(struct job *job, enum phase phase);
// One that came back from a thread or the network, and is not wanted now: true,
// and it is gone.
bool job_is_over(struct job *job);
void job_fail(struct job *job); // its task; it is gone
// Tried again later: the disk is full.
void job_stick(struct job *job, void (*resume)(struct job *job));
void job_draw(struct job *job);

// job_inputs.c: from the body of its submit to job_draw()
void job_read(struct job *job);
void jobs_feed_hungry(struct jobs *jobs); // fetch what may be fetched now
