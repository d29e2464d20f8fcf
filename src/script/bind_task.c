// status and cancel: one task, while it is under way or after.

#include "script/bind.h"

#include <string.h>

#include <lauxlib.h>

#include "script/raise.h"
#include "script/wait.h"

static struct wait *begin(lua_State *L, const char *call)
{
    struct script_job *job = bind_job(L);
    lua_settop(L, 1);
    struct purchase *p = wait_find(L, job, 1, call);
    struct wait *wait = wait_new(L, job, 1); // id box wait
    wait_add(wait, p);
    return wait;
}

static bool ended_as(const struct purchase *p, const char *kind)
{
    const char *failure = purchase_settled(p) ? purchase_failure_kind(p) : NULL;
    return failure && strcmp(failure, kind) == 0;
}

// --- status

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static int push_status(lua_State *L, const struct wait *wait)
{
    const struct purchase *p = wait->slots[0].purchase;
    const char *state = attempt_state_name(purchase_state(p));
    wait_told(wait, p, state);
    lua_createtable(L, 0, 5); // … status
    set_text(L, "state", state);
    set_text(L, "task_id", purchase_task_id(p));
    if (purchase_progress(p) >= 0) {
        lua_pushnumber(L, purchase_progress(p));
        lua_setfield(L, -2, "progress");
    }
    if (purchase_settled(p)) {
        set_text(L, "kind", purchase_failure_kind(p));
        set_text(L, "message", purchase_failure(p));
    }
    return 1;
}

static int status_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    const struct purchase *p = wait->slots[0].purchase;
    if (ended_as(p, "not_found"))
        return wait_raise(L, wait, p);
    bool heard = purchase_answered(p) && purchase_reads(p) > wait->reads;
    if (purchase_settled(p) || heard)
        return push_status(L, wait);
    if (wait->late)
        return wait_raise_late(L, wait);
    return wait_park_until(L, wait, 1, status_go_on);
}

// status(task_id) -> {state=, progress=, task_id=, kind=, message=}
static int task_status(lua_State *L)
{
    struct wait *wait = begin(L, "runway.status");
    struct purchase *p = wait->slots[0].purchase;
    wait->reads = purchase_reads(p);
    if (!purchase_settled(p))
        purchase_hasten(p);
    return status_go_on(L, LUA_OK, (lua_KContext)wait);
}

// --- cancel

static int push_cancelled(lua_State *L, const struct wait *wait, bool yes)
{
    const struct purchase *p = wait->slots[0].purchase;
    const char *kind = purchase_settled(p) ? purchase_failure_kind(p) : NULL;
    wait_told(wait, p, yes ? "cancelled" : kind ? kind : "delivered");
    lua_pushboolean(L, yes);
    return 1;
}

static int raise_not_cancelled(lua_State *L, const struct wait *wait,
                               enum err_kind err, const char *kind,
                               const char *message)
{
    const struct purchase *p = wait->slots[0].purchase;
    wait_told(wait, p, kind);
    return raise_world(L, err, kind, message, purchase_task_id(p));
}

static int cancel_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    struct purchase *p = wait->slots[0].purchase;
    if (ended_as(p, "not_found"))
        return wait_raise(L, wait, p);
    switch (purchase_cancelled(p)) {
    case CANCEL_NOT_ASKED:
    case CANCEL_UNDER_WAY:
        break;
    case CANCEL_DONE:
        return push_cancelled(L, wait, true);
    case CANCEL_TOO_LATE:
        return push_cancelled(L, wait, ended_as(p, "cancelled"));
    case CANCEL_NOT_OFFERED:
        return raise_not_cancelled(
            L, wait, ERR_RECIPE, "unsupported",
            "this gateway has no way to cancel a task; it goes on");
    case CANCEL_FAILED:
        return raise_not_cancelled(
            L, wait, ERR_NET, "not_cancelled",
            "the gateway did not say that it cancelled the task; it goes on");
    }
    if (purchase_settled(p))
        return push_cancelled(L, wait, ended_as(p, "cancelled"));
    if (wait->late)
        return wait_raise_late(L, wait);
    return wait_park_until(L, wait, 1, cancel_go_on);
}

// cancel(task_id) -> true, or false when it had ended or its clip is ready
static int task_cancel(lua_State *L)
{
    struct wait *wait = begin(L, "runway.cancel");
    struct purchase *p = wait->slots[0].purchase;
    if (purchase_settled(p) && !ended_as(p, "not_found"))
        return push_cancelled(L, wait, ended_as(p, "cancelled"));
    purchase_cancel(p);
    return cancel_go_on(L, LUA_OK, (lua_KContext)wait);
}

static const luaL_Reg task_fns[] = {
    {"cancel", task_cancel},
    {"status", task_status},
    {NULL, NULL},
};

void bind_task(lua_State *L)
{
    luaL_setfuncs(L, task_fns, 0); // prim
}
