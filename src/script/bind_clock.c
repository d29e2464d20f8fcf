// sleep, now, log: the primitives that need no purchase.
//
// A sleep is the smallest operation that waits, so this file is the pattern
// for every binding that does: check the arguments, anchor the operation,
// start it, park the task, and let one closer end it on every path.

#include "script/bind.h"

#include <math.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "base/log.h"
#include "base/text.h"
#include "script/bounded.h"
#include "script/job.h"
#include "script/machine.h"
#include "script/raise.h"

#define SLEEP_MT "tarmac.sleep"
#define DURATION_MAX 2678400.0 // seconds, 31 days: longer is a mistake
#define LOG_LINE_MAX 4096      // bytes
#define LOG_CHARGE 500         // instructions, about, for writing a line

struct script_job *bind_job(lua_State *L)
{
    return co_self(L);
}

struct script_cell *bind_cell(lua_State *L)
{
    return bind_job(L)->cell;
}

int64_t bind_duration(lua_State *L, int index, const char *what)
{
    double seconds = -1;
    int64_t ms;
    if (lua_type(L, index) == LUA_TNUMBER)
        seconds = lua_tonumber(L, index);
    else if (lua_type(L, index) == LUA_TSTRING &&
             text_duration(lua_tostring(L, index), &ms))
        seconds = (double)ms / 1000;
    if (!(seconds >= 0 && seconds <= DURATION_MAX)) // not a number either
        raise_mistake(L,
                      "%s: expected seconds from 0 to %d, or a text as \"30m\"",
                      what, (int)DURATION_MAX);
    return (int64_t)ceil(seconds * 1000);
}

// --- sleep

struct nap {
    struct co_op op;
    struct loop_timer *timer; // NULL: not started
    bool due;
};

static void on_due(void *arg)
{
    struct nap *nap = arg;
    nap->due = true;
    co_wake(&nap->op);
}

// __close and __gc. A return, an error and a cancelled cell all end here.
static int nap_close(lua_State *L)
{
    struct nap *nap = luaL_checkudata(L, 1, SLEEP_MT);
    co_drop(&nap->op);
    loop_timer_free(nap->timer);
    nap->timer = NULL;
    return 0;
}

static const luaL_Reg nap_meta[] = {
    {"__close", nap_close},
    {"__gc", nap_close},
    {NULL, NULL},
};

static int nap_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)L, (void)status, (void)ctx;
    return 0;
}

// sleep(seconds | "30m")
static int clock_sleep(lua_State *L)
{
    struct script_cell *cell = bind_cell(L);
    int64_t ms = bind_duration(L, 1, "runway.sleep");
    // All that can raise is above, or below this empty anchor.
    struct nap *nap = lua_newuserdatauv(L, sizeof(*nap), 0); // … nap
    *nap = (struct nap){{NULL, NULL}, NULL, false};
    luaL_setmetatable(L, SLEEP_MT);
    lua_toclose(L, -1);
    nap->timer = loop_timer_new(cell->script->config.loop, on_due, nap);
    loop_timer_start(nap->timer, ms);
    return co_wait(L, &nap->op, nap_done, nap);
}

// --- now, log

// now() -> seconds since 1970 at which the run began
static int clock_now(lua_State *L)
{
    int64_t ms = bind_cell(L)->script->config.started_ms;
    if (ms % 1000 == 0)
        lua_pushinteger(L, ms / 1000);
    else
        lua_pushnumber(L, (double)ms / 1000);
    return 1;
}

// log(...): one line on stderr
static int clock_log(lua_State *L)
{
    struct script_cell *cell = bind_cell(L);
    bounded_line(L); // … text
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    char *shown = text_printable(text, len, LOG_LINE_MAX);
    log_info("%s: %s", cell->name, shown);
    machine_charge(machine_of(L), LOG_CHARGE);
    free(shown);
    return 0;
}

static const luaL_Reg clock_fns[] = {
    {"log", clock_log},
    {"now", clock_now},
    {"sleep", clock_sleep},
    {NULL, NULL},
};

void bind_clock(lua_State *L)
{
    luaL_newmetatable(L, SLEEP_MT); // prim mt
    luaL_setfuncs(L, nap_meta, 0);  // prim mt
    lua_pop(L, 1);                  // prim
    luaL_setfuncs(L, clock_fns, 0); // prim
}
