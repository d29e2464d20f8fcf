// Tasks: Lua coroutines driven by the event loop.
//
// A binding that must wait parks its task on a `struct co_op` and returns. A
// loop callback later calls co_wake(), which only queues the task; Lua runs
// again from co_run_ready(), at the top of the loop. No Lua code ever runs
// below a frame of the loop or the engine, so an error can never longjmp
// across one.

#pragma once

#include <stdbool.h>

#include <lua.h>

#include "script/machine.h"

struct co;

// The tasks of one machine that can run.
struct co_queue {
    struct machine *machine;
    struct co *first, **last;
    struct co *running;
};
// Raises only when memory runs out. [-0, +0, m] of the machine's state
void co_open(struct co_queue *queue, struct machine *machine);

// Something that tasks wait for. Embed it in the operation; zero is ready for
// use; co.c owns the fields.
struct co_op {
    struct co *first, *last; // who waits, in order of arrival
};

enum co_state {
    CO_READY,   // queued for co_run_ready()
    CO_RUNNING, // now
    CO_WAITING, // parked on an op
    CO_DONE,    // returned
    CO_FAILED,  // raised
};

struct co_spec {
    lua_CFunction body; // gets `arg` as its only argument, a light userdata
    void *arg;
    struct machine_budget *budget; // outlives the task
    // Called from co_run_ready() when the task has ended, its to-be-closed
    // values included; may free it. After CO_FAILED the error value is on top
    // of co_thread()'s stack, until co_free().
    void (*ended)(void *arg, enum co_state state);
    // Called before each time that it runs; must not call Lua. NULL: nothing.
    void (*resumes)(void *arg);
};

// NULL with `err` when Lua is out of memory. The caller owns the task.
struct co *co_start(struct co_queue *queue, const struct co_spec *spec,
                    struct err *err);

// The same from a task that runs on L, with the `n` values on top of its stack,
// which the body gets after `arg`. Raises when memory runs out, and has then
// started nothing. [-n, +0, m]
struct co *co_spawn(lua_State *L, const struct co_spec *spec, int n);

// Stops a task that has not ended: its to-be-closed values are closed, which is
// also how a pending operation learns that it was abandoned.
void co_free(struct co *co); // NULL is fine; not the one that runs

lua_State *co_thread(struct co *co);
bool co_failed(const struct co *co);        // it has ended so
bool co_out_of_memory(const struct co *co); // why it failed

// The argument of the task that runs on L. Raises outside a task, in closers
// that run while a task is stopped, and below a C function that cannot yield.
void *co_self(lua_State *L);

// The same, but also where it cannot wait, and NULL outside a task.
// [-0, +0, -]
void *co_peek(lua_State *L);

// Park the running task until co_wake(op), then continue in `k`, which gets
// `context`. Use as a tail call:  return co_wait(L, op, k, context);
int co_wait(lua_State *L, struct co_op *op, lua_KFunction k, void *context);

// From a loop callback: let the tasks waiting on `op` run again, in the order
// in which they came. Fine when nobody waits. Never runs Lua.
void co_wake(struct co_op *op);

// Before the memory of `op` goes: who waits is forgotten, and waits on.
void co_drop(struct co_op *op);

// Run every task that is ready; true if any ran. From the top of the loop only.
bool co_run_ready(struct co_queue *queue);
