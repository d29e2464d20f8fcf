#include "script/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/trace.h"
#include "script/watchdog.h"

#define HOOK_EVERY 1000 // instructions between two looks at the budget

// What one call of C, or one concatenation, costs shows in what it allocates.
#define BYTES_A_STEP 16
#define LARGE ((size_t)1 << 20) // bytes: look at the budget at once

struct machine {
    lua_State *L;
    size_t used, max;
    const char *memory_setting;
    char memory_hint[64];
    int firm;
    bool (*may_grow)(void *arg);
    void *arg;
    struct machine_budget *budget; // of what runs now
    lua_State *running;            // the thread that has the hook
    int64_t charged;               // that the watchdog does not know of yet
    char *trace; // of the last error, in the thread `traced`; or NULL
    const lua_State *traced;
};

static void on_count(lua_State *L, lua_Debug *ar);

void machine_charge(struct machine *m, int64_t steps)
{
    if (!m->budget)
        return;
    m->charged += steps;
    m->budget->left -= steps < m->budget->left ? steps : m->budget->left;
    // As a signal handler may: Lua looks before its next instruction.
    if (steps >= (int64_t)(LARGE / BYTES_A_STEP) || m->budget->left == 0)
        lua_sethook(m->running, on_count, LUA_MASKCOUNT, 1);
}

static void *machine_alloc(void *ud, void *block, size_t had, size_t want)
{
    struct machine *m = ud;
    if (!block)
        had = 0; // it says which type of object is made
    if (want == 0) {
        m->used -= had;
        free(block);
        return NULL;
    }
    if (want > had && !m->firm) {
        if (want - had > m->max - m->used)
            return NULL;
        if (m->may_grow && !m->may_grow(m->arg))
            return NULL;
    }
    void *grown = realloc(block, want);
    if (!grown)
        return want > had ? NULL : block; // shrinking must not fail
    m->used = m->used - had + want;
    if (want > had)
        machine_charge(m, (int64_t)(want / BYTES_A_STEP));
    return grown;
}

static int machine_panic(lua_State *L)
{
    struct err err;
    machine_error_text(L, -1, &err);
    log_error("Lua raised outside a protected call: %s", err.text);
    return 0; // Lua aborts
}

struct machine *machine_new(const struct machine_config *config)
{
    struct machine *m = xcalloc(1, sizeof(*m));
    m->max = config && config->memory_max ? config->memory_max : MACHINE_MEMORY;
    m->memory_setting = config ? config->memory_setting : NULL;
    if (m->memory_setting)
        snprintf(m->memory_hint, sizeof(m->memory_hint), " (%s raises it)",
                 m->memory_setting);
    m->may_grow = config ? config->may_grow : NULL;
    m->arg = config ? config->arg : NULL;
    m->L = lua_newstate(machine_alloc, m);
    if (!m->L) {
        free(m);
        return NULL;
    }
    // Every thread starts with a copy of the main thread's extra space.
    *(struct machine **)lua_getextraspace(m->L) = m;
    lua_atpanic(m->L, machine_panic);
    return m;
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    lua_close(m->L);
    free(m->trace);
    free(m);
}

lua_State *machine_state(struct machine *m)
{
    return m->L;
}

struct machine *machine_of(lua_State *L)
{
    return *(struct machine **)lua_getextraspace(L);
}

size_t machine_memory_left(const struct machine *m)
{
    return m->used < m->max ? m->max - m->used : 0;
}

const char *machine_memory_hint(const struct machine *m)
{
    return m->memory_hint;
}

void machine_no_memory(const struct machine *m, struct err *err)
{
    err_set(err, ERR_RECIPE,
            m->memory_setting
                ? "not enough memory: the scripts of a run share %zu MB%s"
                : "not enough memory: Lua has %zu MB%s",
            m->max >> 20, m->memory_hint);
}

const char *machine_trace(lua_State *L)
{
    struct machine *m = machine_of(L);
    return m->traced == L ? m->trace : NULL;
}

void machine_firm(struct machine *m, bool on)
{
    m->firm += on ? 1 : -1;
}

// Raise that the budget is used up, with the line that runs. C functions have
// none: then that of who called them.
static void raise_used_up(lua_State *L, const struct machine_budget *budget)
{
    lua_Debug ar;
    const char *place = "";
    for (int level = 0; !*place && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0)
            place = lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
    }
    if (budget->slow) {
        lua_pushfstring(L,
                        "%sthe %s keeps the processor busy with single "
                        "operations on what is too large for them",
                        place, budget->what);
    } else {
        lua_pushfstring(L, "%sthe %s used up its budget of %I Lua instructions",
                        place, budget->what, (LUAI_UACINT)budget->max);
        if (budget->setting) {
            lua_pushfstring(L, " (%s raises it)", budget->setting);
            lua_concat(L, 2);
        }
    }
    lua_error(L);
}

// Tell the watchdog; what it is about to end is ended here.
static void report_work(struct machine *m, int64_t steps)
{
    m->charged = 0;
    if (watchdog_worked(steps)) {
        m->budget->left = 0;
        m->budget->slow = true;
    }
}

// Once the budget is used the hook comes at every instruction, so that code
// which catches the error gets it again at once.
static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct machine *m = machine_of(L);
    struct machine_budget *budget = m->budget;
    int every = lua_gethookcount(L);
    budget->left -= every;
    report_work(m, m->charged + every);
    if (budget->left > 0) {
        int next = budget->left < HOOK_EVERY ? (int)budget->left : HOOK_EVERY;
        if (next != every)
            lua_sethook(L, on_count, LUA_MASKCOUNT, next);
        return;
    }
    budget->left = 0;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    raise_used_up(L, budget);
}

void machine_spend(lua_State *L, int64_t steps)
{
    struct machine *m = machine_of(L);
    machine_charge(m, steps);
    if (!m->budget)
        return;
    report_work(m, m->charged);
    if (m->budget->left == 0)
        raise_used_up(L, m->budget);
}

// What ran before, for leave().
struct outer {
    struct machine_budget *budget;
    lua_State *running;
};

static struct outer enter(struct machine *m, lua_State *L,
                          struct machine_budget *budget)
{
    struct outer outer = {m->budget, m->running};
    m->budget = budget;
    m->running = L;
    m->charged = 0;
    watchdog_enter(budget->what, budget->name);
    int every = budget->left < 1            ? 1
                : budget->left < HOOK_EVERY ? (int)budget->left
                                            : HOOK_EVERY;
    lua_sethook(L, on_count, LUA_MASKCOUNT, every);
    return outer;
}

static void leave(struct machine *m, struct outer outer)
{
    watchdog_leave();
    m->budget = outer.budget;
    m->running = outer.running;
}

static enum machine_status status_of(int rc)
{
    switch (rc) {
    case LUA_OK:
        return MACHINE_DONE;
    case LUA_YIELD:
        return MACHINE_WAITING;
    case LUA_ERRMEM:
        return MACHINE_NO_MEMORY;
    default:
        return MACHINE_RAISED;
    }
}

// The message handler of what is called from outside: no hook runs in it, so it
// is C, and neither calls Lua nor asks it for memory.
static int on_error(lua_State *L)
{
    struct machine *m = machine_of(L);
    free(m->trace);
    m->trace = trace_text(L, m->budget ? m->budget->what : NULL);
    m->traced = L;
    return 1;
}

enum machine_status machine_call(struct machine *m, lua_CFunction fn, void *arg,
                                 struct machine_budget *budget, struct err *err)
{
    struct machine_budget own = {
        .left = MACHINE_STEPS, .max = MACHINE_STEPS, .what = "program"};
    lua_State *L = m->L;
    int top = lua_gettop(L);
    struct outer outer = enter(m, L, budget ? budget : &own);
    // No push allocates, and Lua keeps room for a few values.
    lua_pushcfunction(L, on_error);
    lua_pushcfunction(L, fn);
    lua_pushlightuserdata(L, arg);
    enum machine_status status = status_of(lua_pcall(L, 1, 0, top + 1));
    if (status == MACHINE_NO_MEMORY)
        machine_no_memory(m, err);
    else if (status != MACHINE_DONE)
        machine_error_text(L, -1, err);
    lua_settop(L, top);
    leave(m, outer);
    return status;
}

enum machine_status machine_pcall(lua_State *L, int nargs, int nresults)
{
    return status_of(lua_pcall(L, nargs, nresults, 0));
}

static int thread_end(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status != LUA_OK && status != LUA_YIELD)
        return lua_error(L);
    return 0;
}

int machine_thread(lua_State *L)
{
    lua_pushcfunction(L, on_error); // fn … handler
    lua_insert(L, 1);               // handler fn …
    int status = lua_pcallk(L, lua_gettop(L) - 2, 0, 1, 0, thread_end);
    return thread_end(L, status, 0);
}

enum machine_status machine_resume(struct machine *m, lua_State *T, int nargs,
                                   struct machine_budget *budget)
{
    struct outer outer = enter(m, T, budget);
    m->traced = NULL;
    int nresults = 0;
    enum machine_status status =
        status_of(lua_resume(T, m->L, nargs, &nresults));
    leave(m, outer);
    return status;
}

static int close_thread(lua_State *L)
{
    lua_State *T = lua_touserdata(L, 1);
    lua_resetthread(T);
    lua_settop(T, 0);
    return 0;
}

// Inside a protected call, because closing can raise on its own: Lua hands such
// an error on to the main thread.
void machine_close(struct machine *m, lua_State *T,
                   struct machine_budget *budget)
{
    struct outer outer = enter(m, T, budget);
    machine_call(m, close_thread, T, budget, NULL);
    leave(m, outer);
}

void machine_error_text(lua_State *L, int index, struct err *err)
{
    // Not lua_tolstring() of anything else: it may convert and so raise.
    if (lua_type(L, index) != LUA_TSTRING) {
        err_set(err, ERR_RECIPE, "an error that is not a text but a %s",
                luaL_typename(L, index));
        return;
    }
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    char *line = text_printable(text, len, ERR_TEXT_MAX - 1);
    err_set(err, ERR_RECIPE, "%s", line);
    free(line);
}
