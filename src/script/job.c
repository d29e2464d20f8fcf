#include "script/job.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "script/bind.h"
#include "script/convert.h"
#include "script/raise.h"
#include "script/sandbox.h"

#define JOB_MT "tarmac.job"
#define SEED_DIGITS 16 // hex digits of a 64-bit seed

struct script_job *job_new(struct script_cell *cell, const char *path)
{
    struct script_job *job = xcalloc(1, sizeof(*job));
    job->cell = cell;
    job->path = xstrdup(path);
    *cell->life->last_job = job;
    cell->life->last_job = &job->next;
    cell->life->n_jobs++;
    return job;
}

static int drop_stream(lua_State *L) // cell*
{
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, lua_touserdata(L, 1));
    return 0;
}

void jobs_free(struct script_cell *cell)
{
    // All are stopped before any is freed: closers may look at other jobs.
    for (struct script_job *job = cell->life->jobs; job; job = job->next) {
        co_free(job->co);
        job->co = NULL;
    }
    if (cell->life->stream)
        machine_call(cell->script->machine, drop_stream, cell, NULL, NULL);
    while (cell->life->jobs) {
        struct script_job *job = cell->life->jobs;
        cell->life->jobs = job->next;
        free(job->path);
        free(job->random);
        free(job);
    }
}

const struct script_job *jobs_failed(const struct script_cell *cell)
{
    for (const struct script_job *job = cell->life->jobs; job;
         job = job->next) {
        if (job->failed && !job->awaited)
            return job;
    }
    return NULL;
}

// --- random numbers
//
// Lua keeps the state of math.random in a userdata that its two functions
// share, as their first upvalue. A cell has one such pair; whenever another of
// its jobs runs, that job's own state is copied in.

static void load_stream(struct script_job *job)
{
    struct script_cell *cell = job->cell;
    if (!cell->life->stream || cell->life->stream_of == job)
        return;
    struct script_job *last = cell->life->stream_of;
    if (!last->random)
        last->random = xmalloc(cell->life->stream_size);
    memcpy(last->random, cell->life->stream, cell->life->stream_size);
    memcpy(cell->life->stream, job->random, cell->life->stream_size);
    cell->life->stream_of = job;
}

void job_resumes(void *arg)
{
    load_stream(arg);
}

static void swap_bytes(char *a, char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = a[i];
        a[i] = b[i];
        b[i] = c;
    }
}

// The stream of a new job: by seeding the shared one, and putting it back.
static void seed_job(lua_State *L, struct script_job *job)
{
    struct script_cell *cell = job->cell;
    char digits[HASH_HEX];
    hash_bytes(job->path, strlen(job->path), digits);
    digits[SEED_DIGITS] = '\0';
    job->random = xmalloc(cell->life->stream_size);
    memcpy(job->random, cell->life->stream, cell->life->stream_size);
    luaL_checkstack(L, 6, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, cell); // … pair
    lua_rawgeti(L, -1, 2);                   // … pair randomseed
    lua_pushinteger(L, (lua_Integer)cell->index);
    lua_pushinteger(L, (lua_Integer)strtoull(digits, NULL, 16));
    lua_call(L, 2, 0); // … pair
    lua_pop(L, 1);     // …
    swap_bytes(job->random, cell->life->stream, cell->life->stream_size);
}

void job_push_math(lua_State *L, lua_Integer index)
{
    luaL_checkstack(L, 6, NULL);
    sandbox_math(L, index); // math
    struct script_job *job = co_peek(L);
    if (!job)
        return;                    // a script that is only tried has no jobs
    lua_createtable(L, 2, 0);      // math pair
    lua_getfield(L, -2, "random"); // math pair random
    if (!lua_getupvalue(L, -1, 1) || lua_type(L, -1) != LUA_TUSERDATA)
        luaL_error(L, "math.random has no state of its own");
    void *stream = lua_touserdata(L, -1); // math pair random state
    size_t size = lua_rawlen(L, -1);
    lua_rawseti(L, -3, 1);                        // math pair random
    lua_getfield(L, -3, "randomseed");            // math pair random seed
    lua_rawseti(L, -3, 2);                        // math pair random
    lua_pop(L, 1);                                // math pair
    lua_rawsetp(L, LUA_REGISTRYINDEX, job->cell); // math
    job->cell->life->stream = stream;
    job->cell->life->stream_size = size;
    job->cell->life->stream_of = job;
}

// --- spawn

struct handle { // what scripts hold; its user value: what the job returned
    struct script_job *job;
};

// The results, as a table with their number, in the handle.
static int job_returned(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx; // job* handle results…
    int n = lua_gettop(L) - 2;
    lua_createtable(L, n, 1);
    lua_insert(L, 3); // job* handle t results…
    for (int i = n; i >= 1; i--)
        lua_rawseti(L, 3, i);
    lua_pushinteger(L, n); // job* handle t n
    lua_setfield(L, 3, "n");
    lua_setiuservalue(L, 2, 1);
    return 0;
}

static int job_body(lua_State *L) // job* handle fn args…
{
    lua_callk(L, lua_gettop(L) - 3, LUA_MULTRET, 0, job_returned);
    return job_returned(L, LUA_OK, 0);
}

static void on_ended(void *arg, enum co_state state)
{
    struct script_job *job = arg;
    job->ended = true;
    job->failed = state == CO_FAILED;
    co_wake(&job->end);
    if (!job->failed) { // otherwise its thread holds the error
        co_free(job->co);
        job->co = NULL;
    }
    cell_job_ended(job->cell);
}

static char *child_path(const struct script_job *job)
{
    return job->path[0] ? xasprintf("%s.%zu", job->path, job->spawned + 1)
                        : xasprintf("%zu", job->spawned + 1);
}

// spawn(fn, ...) -> job
static int job_spawn(lua_State *L)
{
    struct script_job *self = bind_job(L);
    struct script_cell *cell = self->cell;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (cell->life->n_jobs > JOBS_MAX)
        return raise_mistake(L, "a cell has more than %d jobs", JOBS_MAX);
    if (strlen(self->path) > JOB_PATH_MAX)
        return raise_mistake(L,
                             "too many jobs, each spawned by the one before");
    int n = lua_gettop(L);
    luaL_checkstack(L, n + 10, NULL);
    struct convert_box *box = convert_box(L); // fn args box
    struct handle *handle = lua_newuserdatauv(L, sizeof(*handle), 1);
    *handle = (struct handle){NULL};
    luaL_setmetatable(L, JOB_MT);
    lua_pushvalue(L, -1); // fn args box handle handle
    for (int i = 1; i <= n; i++)
        lua_pushvalue(L, i); // … box handle handle fn args
    box->text = child_path(self);
    struct script_job *job = job_new(cell, box->text);
    job->ended = true; // until it has a task
    seed_job(L, job);
    job->co = co_spawn(L,
                       &(struct co_spec){job_body, job, &cell->life->budget,
                                         on_ended, job_resumes},
                       n + 1); // … box handle
    job->ended = false;
    cell->life->running++;
    self->spawned++;
    handle->job = job;
    return 1;
}

// --- await

static int raise_job(lua_State *L, const struct script_job *job)
{
    lua_State *T = co_thread(job->co);
    luaL_checkstack(L, 1, NULL);
    if (!lua_checkstack(T, 1))
        return luaL_error(L, "not enough memory");
    lua_pushvalue(T, -1);
    lua_xmove(T, L, 1);
    return lua_error(L);
}

static int await_done(lua_State *L, int status, lua_KContext ctx) // handle
{
    (void)status;
    const struct script_job *job = (const struct script_job *)ctx;
    bind_job(L)->awaits = NULL;
    if (job->failed)
        return raise_job(L, job);
    lua_getiuservalue(L, 1, 1); // handle t
    lua_getfield(L, 2, "n");    // handle t n
    int n = (int)lua_tointeger(L, -1);
    luaL_checkstack(L, n, "too many results");
    for (int i = 1; i <= n; i++)
        lua_rawgeti(L, 2, i);
    return n;
}

// job:await() -> what its function returned
static int job_await(lua_State *L)
{
    struct script_job *self = bind_job(L);
    const struct handle *handle = luaL_testudata(L, 1, JOB_MT);
    if (!handle || !handle->job)
        return raise_mistake(L, "await: expected a job, as in job:await()");
    lua_settop(L, 1);
    struct script_job *job = handle->job;
    for (const struct script_job *at = job; at; at = at->awaits) {
        if (at == self)
            return raise_mistake(L, "await: the job waits for itself");
    }
    job->awaited = true;
    if (job->ended)
        return await_done(L, LUA_OK, (lua_KContext)job);
    self->awaits = job;
    return co_wait(L, &job->end, await_done, job);
}

static const luaL_Reg job_methods[] = {
    {"await", job_await},
    {NULL, NULL},
};

void bind_jobs(lua_State *L)
{
    luaL_newmetatable(L, JOB_MT);     // prim mt
    lua_newtable(L);                  // prim mt methods
    luaL_setfuncs(L, job_methods, 0); // prim mt methods
    lua_setfield(L, -2, "__index");   // prim mt
    lua_pushboolean(L, 0);            // prim mt false
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);                   // prim
    lua_pushcfunction(L, job_spawn); // prim fn
    lua_setfield(L, -2, "spawn");    // prim
}
