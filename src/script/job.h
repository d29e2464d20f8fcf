// Jobs: the coroutines of one cell. The first is the script's function; others
// are what it, or they, spawned. A cell ends when all of them have. They share
// its instruction budget.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "script/co.h"
#include "script/internal.h"

#define JOBS_MAX 10000    // of one cell, ended ones included
#define JOB_PATH_MAX 1000 // bytes: some 200 to 500 jobs within each other

// The argument of a job's task.
struct script_job {
    struct script_cell *cell;
    struct script_job *next; // of the cell, in order of spawning
    struct co *co;           // NULL once it has returned
    struct co_op end;        // who awaits it
    const struct script_job *awaits;
    char *path;   // from the first: "" itself, "2", "2.1"
    void *random; // its stream, while another's is loaded; or NULL
    size_t spawned, generated;
    bool ended, failed, awaited;
};

// A new job, the last of its cell's; without a task.
struct script_job *job_new(struct script_cell *cell, const char *path);
// Stop what has not ended and free all jobs of the cell, its first included.
void jobs_free(struct script_cell *cell);

// co_spec's `resumes` of every job: math.random follows the job that runs.
void job_resumes(void *arg);

// The failed job that makes its cell fail: the script's function, or the first
// whose error nobody awaited. NULL: none.
const struct script_job *jobs_failed(const struct script_cell *cell);

// A math library whose random numbers depend on the cell's index and the path
// of the job that asks. [-0, +1, m]
void job_push_math(lua_State *L, lua_Integer index);
