// Waiting for purchases: the operation that every binding which does so parks
// on, and what its end is told as.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "script/convert.h"
#include "script/job.h"

struct wait_slot {
    struct engine_watch watch;
    struct wait *wait;
    struct purchase *purchase;
    bool watching;
};

struct wait {
    struct co_op op;
    struct loop_timer *timer; // or NULL
    bool late;
    int64_t timeout_ms;
    int64_t paused_ms; // of the engine's pauses, that it knows of
    struct script_job *job;
    struct convert_box *box;
    size_t n, max;
    size_t at;      // the first that the caller has not dealt with
    unsigned reads; // of a purchase, when it was asked to be read
    struct wait_slot slots[];
};

// Prepare a new state: once, before the others. [-0, +0, m]
void wait_open(lua_State *L);

// Push an empty operation with room for `n` purchases, and a box before it.
// Its timeout is the recipe's. [-0, +2, m]
struct wait *wait_new(lua_State *L, struct script_job *job, size_t n);
void wait_add(struct wait *wait, struct purchase *purchase);

// Park until one of the slots from `at` to `end` changes; then `k` goes on,
// with `wait` as its context. As a tail call.
int wait_park(lua_State *L, struct wait *wait, size_t end, lua_KFunction k);
// The same, or until timeout_ms after the first such call: `late` is then true.
int wait_park_until(lua_State *L, struct wait *wait, size_t end,
                    lua_KFunction k);

// The purchase of the task_id at `index`, from the ledger, or else from the
// gateway. Raises where there is none. `call` is for messages. [-0, +0, e]
struct purchase *wait_find(lua_State *L, struct script_job *job, int index,
                           const char *call);

// What the script learns of a purchase's end, for the memory of its calls.
void wait_told(const struct wait *wait, const struct purchase *p,
               const char *outcome);

// Raise what `p` came to, or that the time was over. They do not return.
int wait_raise(lua_State *L, const struct wait *wait, const struct purchase *p);
int wait_raise_late(lua_State *L, const struct wait *wait);
// An error of the engine: a mistake, or the world's.
int wait_raise_err(lua_State *L, const struct err *err);

// The gateway that a call names: the recipe's, or a mistake. NULL: not a text.
void wait_check_gateway(lua_State *L, const struct script_cell *cell,
                        const char *call, const char *name);
