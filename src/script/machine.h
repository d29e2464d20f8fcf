// A Lua state with ceilings: memory, counted by its allocator, and
// instructions, counted by a hook that a pcall() of the script cannot swallow.
// Nobody else calls lua_pcall() or lua_resume().
//
//     struct machine *m = machine_new(NULL);
//     if (machine_call(m, open_all, &things, &budget, &err) != MACHINE_DONE)
//         …
//     machine_free(m);

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/err.h"

#define MACHINE_MEMORY ((size_t)256 << 20) // bytes
#define MACHINE_STEPS INT64_C(1000000000)  // VM instructions

struct machine_config {
    size_t memory_max;          // 0: MACHINE_MEMORY
    const char *memory_setting; // what raises it, for the message; or NULL
    // For tests: asked before memory grows; false refuses. NULL: never.
    bool (*may_grow)(void *arg);
    void *arg;
};

struct machine;
// NULL config: as it is for everybody. NULL when not even an empty state fits.
struct machine *machine_new(const struct machine_config *config);
void machine_free(struct machine *m); // NULL is fine
lua_State *machine_state(struct machine *m);
struct machine *machine_of(lua_State *L); // of any thread of the machine
size_t machine_memory_left(const struct machine *m);

// For one operation whose memory was checked against machine_memory_left()
// first: while on, the ceiling refuses nothing and may_grow is not asked.
// For foreign code that leaks or ends the process when Lua has no memory.
void machine_firm(struct machine *m, bool on);

// How many instructions something may still take. What a call of C allocates
// counts as instructions too.
struct machine_budget {
    int64_t left, max;
    const char *what;    // for the message: "cell", "dialect"
    const char *name;    // which one; or NULL
    const char *setting; // what raises it, "limits.instructions"; or NULL
    bool slow;           // the watchdog was about to bark; ours
};

// For work of C that takes time and no memory. [-0, +0, -]
void machine_charge(struct machine *m, int64_t steps);

// The same, for a loop of C in which Lua could not look: raises when the budget
// is used up. [-0, +0, e]
void machine_spend(lua_State *L, int64_t steps);

enum machine_status {
    MACHINE_DONE,
    MACHINE_WAITING, // it yielded
    MACHINE_RAISED,
    MACHINE_NO_MEMORY,
};

// What to say after MACHINE_NO_MEMORY, and what to add to the text of an error
// about memory that would not have been enough: "" or " (… raises it)".
void machine_no_memory(const struct machine *m, struct err *err);
const char *machine_memory_hint(const struct machine *m);

// After MACHINE_RAISED, until Lua runs again: the calls that led to the error
// of the thread L, as trace_text() says them. NULL: not more than one, or L was
// not the last to fail.
const char *machine_trace(lua_State *L);

// Call fn(L) on the main thread with `arg` as its light userdata. The stack is
// afterwards as before; an error's text is in `err`, as ERR_RECIPE. `budget`
// NULL: MACHINE_STEPS. Never raises, needs no memory of its own.
enum machine_status machine_call(struct machine *m, lua_CFunction fn, void *arg,
                                 struct machine_budget *budget,
                                 struct err *err);

// lua_pcall() for C functions that already run inside Lua.
// [-(nargs + 1), +(nresults|1), -]
enum machine_status machine_pcall(lua_State *L, int nargs, int nresults);

// The first function of a thread: (fn, ...) calls fn(...), which may yield. An
// error unwinds, and closes what is to be closed, inside it, because after one
// that the hook raised Lua calls no more hooks until it is caught. [-n, +0, e]
int machine_thread(lua_State *L);

// Resume the thread T. After MACHINE_RAISED or MACHINE_NO_MEMORY the error is
// on top of T's stack, and T is still to be closed: machine_close().
enum machine_status machine_resume(struct machine *m, lua_State *T, int nargs,
                                   struct machine_budget *budget);

// End a thread that failed, or that is not wanted any more: its to-be-closed
// values are closed. Nothing of its stack is left.
void machine_close(struct machine *m, lua_State *T,
                   struct machine_budget *budget);

// An error value as one line, without raising or allocating in Lua: a text as
// it is, anything else by its type. [-0, +0, -]
void machine_error_text(lua_State *L, int index, struct err *err);
