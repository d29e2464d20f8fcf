// wait and any: clips, once they have arrived.

#include "script/bind.h"

#include <lauxlib.h>

#include "script/clip.h"
#include "script/freeze.h"
#include "script/raise.h"
#include "script/wait.h"

#define IDS_MAX 10000

// The operation for (ids, timeout, gateway), with every purchase found.
static struct wait *begin(lua_State *L, const char *call)
{
    struct script_job *job = bind_job(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    if (freeze_behind(L, 1))
        lua_replace(L, 1);
    size_t n = lua_rawlen(L, 1);
    if (n > IDS_MAX)
        raise_mistake(L, "%s: more than %d task_ids", call, IDS_MAX);
    int64_t timeout_ms = -1;
    if (!lua_isnil(L, 2)) {
        const char *what = lua_pushfstring(L, "%s: timeout", call);
        timeout_ms = bind_duration(L, 2, what);
        lua_settop(L, 3);
    }
    if (!lua_isnil(L, 3))
        wait_check_gateway(L, job->cell, call, lua_tostring(L, 3));
    struct wait *wait = wait_new(L, job, n); // ids t g box wait
    if (timeout_ms >= 0)
        wait->timeout_ms = timeout_ms;
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1); // ids … wait id
        struct purchase *p = wait_find(L, job, lua_gettop(L), call);
        cell_note_purchase(job->cell, p);
        wait_add(wait, p);
        lua_pop(L, 1); // ids … wait
    }
    return wait;
}

// --- wait: one after the other. The engine works on all of them at once, and
// the first failure in order is the one to raise, always.

static int push_clips(lua_State *L, struct wait *wait)
{
    lua_createtable(L, (int)wait->n, 0); // … clips
    for (size_t i = 0; i < wait->n; i++) {
        struct purchase *p = wait->slots[i].purchase;
        clip_push(L, wait->job->cell->script, p, wait->box);
        lua_rawseti(L, -2, (lua_Integer)i + 1); // … clips
    }
    return 1;
}

static int wait_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    for (; wait->at < wait->n; wait->at++) {
        const struct purchase *p = wait->slots[wait->at].purchase;
        if (!purchase_settled(p))
            break;
        if (purchase_failure_kind(p))
            return wait_raise(L, wait, p);
        wait_told(wait, p, "delivered");
    }
    if (wait->at == wait->n)
        return push_clips(L, wait);
    if (wait->late)
        return wait_raise_late(L, wait);
    return wait_park_until(L, wait, wait->at + 1, wait_go_on);
}

// wait(list of task_ids [, timeout [, gateway]]) -> list of clips
static int runway_wait(lua_State *L)
{
    struct wait *wait = begin(L, "runway.wait");
    return wait_go_on(L, LUA_OK, (lua_KContext)wait);
}

// --- any

// The first to arrive of those that have; n: none has. `open`: the first that
// still may, or n.
static size_t first_to_arrive(const struct wait *wait, size_t *open)
{
    size_t best = wait->n;
    *open = wait->n;
    for (size_t i = 0; i < wait->n; i++) {
        const struct purchase *p = wait->slots[i].purchase;
        if (!purchase_settled(p)) {
            if (*open == wait->n)
                *open = i;
        } else if (!purchase_failure_kind(p) &&
                   (best == wait->n ||
                    purchase_arrival(p) <
                        purchase_arrival(wait->slots[best].purchase))) {
            best = i;
        }
    }
    return best;
}

static int any_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    size_t open;
    size_t best = first_to_arrive(wait, &open);
    if (best < wait->n) {
        struct purchase *p = wait->slots[best].purchase;
        wait_told(wait, p, "delivered");
        clip_push(L, wait->job->cell->script, p, wait->box);
        lua_pushinteger(L, (lua_Integer)best + 1);
        return 2;
    }
    if (open == wait->n)
        return wait_raise(L, wait, wait->slots[0].purchase);
    if (wait->late) {
        wait->at = open;
        return wait_raise_late(L, wait);
    }
    return wait_park_until(L, wait, wait->n, any_go_on);
}

// any(list of task_ids [, timeout [, gateway]]) -> clip, its index
static int runway_any(lua_State *L)
{
    struct wait *wait = begin(L, "runway.any");
    if (wait->n == 0)
        return raise_mistake(L, "runway.any: the list of task_ids is empty");
    return any_go_on(L, LUA_OK, (lua_KContext)wait);
}

static const luaL_Reg wait_fns[] = {
    {"any", runway_any},
    {"wait", runway_wait},
    {NULL, NULL},
};

void bind_wait(lua_State *L)
{
    wait_open(L);
    luaL_setfuncs(L, wait_fns, 0); // prim
}
