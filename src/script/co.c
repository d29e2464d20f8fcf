#include "script/co.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "script/raise.h"

struct co {
    struct co_queue *queue;
    struct co_spec spec;
    lua_State *T; // anchored in the registry, under the address of this struct
    enum co_state state;
    int nargs; // of its first resume; 0 afterwards
    bool out_of_memory;
    struct co *next;  // in the queue, or among the waiters of `op`
    struct co_op *op; // while waiting
};

static const char queue_key; // in the registry: the machine's queue

static int anchor_queue(lua_State *L)
{
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &queue_key);
    return 0;
}

void co_open(struct co_queue *queue, struct machine *machine)
{
    lua_State *L = machine_state(machine);
    *queue = (struct co_queue){machine, NULL, NULL, NULL};
    queue->last = &queue->first;
    lua_pushcfunction(L, anchor_queue);
    lua_pushlightuserdata(L, queue);
    lua_call(L, 1, 0);
}

// --- the queue

static void make_ready(struct co *co)
{
    co->state = CO_READY;
    co->op = NULL;
    co->next = NULL;
    *co->queue->last = co;
    co->queue->last = &co->next;
}

static struct co *take_ready(struct co_queue *queue)
{
    struct co *co = queue->first;
    queue->first = co->next;
    if (!queue->first)
        queue->last = &queue->first;
    co->next = NULL;
    return co;
}

static void leave_queue(struct co *co)
{
    struct co **link = &co->queue->first;
    while (*link && *link != co)
        link = &(*link)->next;
    if (!*link)
        return;
    *link = co->next;
    if (!co->next)
        co->queue->last = link;
}

static void leave_op(struct co *co)
{
    struct co_op *op = co->op;
    struct co *before = NULL;
    for (struct co *at = op->first; at != co; at = at->next)
        before = at;
    if (before)
        before->next = co->next;
    else
        op->first = co->next;
    if (op->last == co)
        op->last = before;
    co->op = NULL;
}

// --- what runs

static struct co *find_running(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &queue_key); // queue
    struct co_queue *queue = lua_touserdata(L, -1);
    lua_pop(L, 1); // -
    struct co *co = queue ? queue->running : NULL;
    return co && co->T == L ? co : NULL;
}

static struct co *running(lua_State *L)
{
    struct co *co = find_running(L);
    if (!co || !lua_isyieldable(L))
        raise_mistake(L, "this can only be called where a cell may wait");
    return co;
}

// --- tasks

static int make_thread(lua_State *L) // co*
{
    struct co *co = lua_touserdata(L, 1);
    lua_State *T = lua_newthread(L);        // co T
    lua_pushcfunction(T, machine_thread);   // T's: main
    lua_pushcfunction(T, co->spec.body);    // T's: main body
    lua_pushlightuserdata(T, co->spec.arg); // T's: main body arg
    lua_rawsetp(L, LUA_REGISTRYINDEX, co);  // co
    co->T = T;
    return 0;
}

struct co *co_start(struct co_queue *queue, const struct co_spec *spec,
                    struct err *err)
{
    struct co *co = xcalloc(1, sizeof(*co));
    co->queue = queue;
    co->spec = *spec;
    if (machine_call(queue->machine, make_thread, co, NULL, err) !=
        MACHINE_DONE) {
        free(co);
        return NULL;
    }
    co->nargs = 2; // body and its argument
    make_ready(co);
    return co;
}

static int anchor_thread(lua_State *L) // co* T
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, lua_touserdata(L, 1));
    return 0;
}

struct co *co_spawn(lua_State *L, const struct co_spec *spec, int n)
{
    struct co_queue *queue = running(L)->queue;
    luaL_checkstack(L, 6, NULL);
    lua_State *T = lua_newthread(L); // args T
    lua_insert(L, -n - 1);           // T args
    if (!lua_checkstack(T, n + 4))
        luaL_error(L, "too many arguments");
    lua_pushcfunction(T, machine_thread); // T's: main
    lua_pushcfunction(T, spec->body);     // T's: main body
    lua_pushlightuserdata(T, spec->arg);  // T's: main body arg
    lua_xmove(L, T, n);                   // T

    struct co *co = xcalloc(1, sizeof(*co));
    lua_pushcfunction(L, anchor_thread); // T fn
    lua_pushlightuserdata(L, co);        // T fn co
    lua_pushvalue(L, -3);                // T fn co T
    if (machine_pcall(L, 2, 0) != MACHINE_DONE) {
        free(co);
        lua_error(L);
    }
    lua_pop(L, 1); // -
    co->queue = queue;
    co->spec = *spec;
    co->T = T;
    co->nargs = n + 2;
    make_ready(co);
    return co;
}

static int drop_thread(lua_State *L) // co*
{
    lua_pushnil(L); // an entry that exists: needs no memory
    lua_rawsetp(L, LUA_REGISTRYINDEX, lua_touserdata(L, 1));
    return 0;
}

void co_free(struct co *co)
{
    if (!co)
        return;
    if (co->state == CO_READY)
        leave_queue(co);
    else if (co->state == CO_WAITING && co->op)
        leave_op(co);
    machine_close(co->queue->machine, co->T, co->spec.budget);
    machine_call(co->queue->machine, drop_thread, co, NULL, NULL);
    free(co);
}

lua_State *co_thread(struct co *co)
{
    return co->T;
}

bool co_failed(const struct co *co)
{
    return co->state == CO_FAILED;
}

bool co_out_of_memory(const struct co *co)
{
    return co->out_of_memory;
}

void *co_self(lua_State *L)
{
    return running(L)->spec.arg;
}

void *co_peek(lua_State *L)
{
    struct co *co = find_running(L);
    return co ? co->spec.arg : NULL;
}

int co_wait(lua_State *L, struct co_op *op, lua_KFunction k, void *context)
{
    struct co *co = running(L);
    co->state = CO_WAITING;
    co->op = op;
    co->next = NULL;
    if (op->last)
        op->last->next = co;
    else
        op->first = co;
    op->last = co;
    return lua_yieldk(L, 0, (lua_KContext)context, k);
}

void co_wake(struct co_op *op)
{
    struct co *co = op->first;
    *op = (struct co_op){NULL, NULL};
    while (co) {
        struct co *next = co->next;
        make_ready(co);
        co = next;
    }
}

void co_drop(struct co_op *op)
{
    for (struct co *co = op->first; co; co = co->next)
        co->op = NULL;
    *op = (struct co_op){NULL, NULL};
}

static void run(struct co *co)
{
    struct co_queue *queue = co->queue;
    int nargs = co->nargs;
    co->nargs = 0;
    if (co->spec.resumes)
        co->spec.resumes(co->spec.arg);
    co->state = CO_RUNNING;
    queue->running = co;
    enum machine_status status =
        machine_resume(queue->machine, co->T, nargs, co->spec.budget);
    queue->running = NULL;
    if (status == MACHINE_WAITING)
        return; // only co_wait() yields: scripts have no coroutine library
    co->state = status == MACHINE_DONE ? CO_DONE : CO_FAILED;
    co->out_of_memory = status == MACHINE_NO_MEMORY;
    co->spec.ended(co->spec.arg, co->state);
}

bool co_run_ready(struct co_queue *queue)
{
    bool ran = queue->first;
    while (queue->first)
        run(take_ready(queue));
    return ran;
}
