#include "script/wait.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "script/raise.h"

#define WAIT_MT "tarmac.wait"

static void on_change(struct engine_watch *watch)
{
    struct wait_slot *slot =
        (struct wait_slot *)((char *)watch - offsetof(struct wait_slot, watch));
    co_wake(&slot->wait->op);
}

static void on_late(void *arg)
{
    struct wait *wait = arg;
    const struct script *script = wait->job->cell->script;
    int64_t paused = script_was_paused(script, &wait->paused_ms);
    if (paused > 0) {
        loop_timer_start(wait->timer, paused);
        return;
    }
    wait->late = true;
    co_wake(&wait->op);
}

// __close and __gc. A return, an error and a cancelled cell all end here; the
// purchase itself goes on.
static int wait_close(lua_State *L)
{
    struct wait *wait = luaL_checkudata(L, 1, WAIT_MT);
    co_drop(&wait->op);
    for (size_t i = 0; i < wait->n; i++) {
        if (wait->slots[i].watching)
            engine_unwatch(&wait->slots[i].watch);
        wait->slots[i].watching = false;
    }
    loop_timer_free(wait->timer);
    wait->timer = NULL;
    return 0;
}

static const luaL_Reg wait_meta[] = {
    {"__close", wait_close},
    {"__gc", wait_close},
    {NULL, NULL},
};

void wait_open(lua_State *L)
{
    luaL_newmetatable(L, WAIT_MT);  // mt
    luaL_setfuncs(L, wait_meta, 0); // mt
    lua_pop(L, 1);                  // -
}

struct wait *wait_new(lua_State *L, struct script_job *job, size_t n)
{
    struct convert_box *box = convert_box(L); // box
    size_t size = sizeof(struct wait) + n * sizeof(struct wait_slot);
    struct wait *wait = lua_newuserdatauv(L, size, 0); // box wait
    memset(wait, 0, size);
    wait->job = job;
    wait->box = box;
    wait->max = n;
    wait->timeout_ms = job->cell->script->config.recipe->limits.timeout_ms;
    luaL_setmetatable(L, WAIT_MT);
    lua_toclose(L, -1);
    return wait;
}

void wait_add(struct wait *wait, struct purchase *purchase)
{
    struct wait_slot *slot = &wait->slots[wait->n++];
    slot->wait = wait;
    slot->purchase = purchase;
    slot->watch.fn = on_change;
}

int wait_park(lua_State *L, struct wait *wait, size_t end, lua_KFunction k)
{
    for (size_t i = wait->at; i < end; i++) {
        if (!wait->slots[i].watching)
            engine_watch(wait->slots[i].purchase, &wait->slots[i].watch);
        wait->slots[i].watching = true;
    }
    return co_wait(L, &wait->op, k, wait);
}

int wait_park_until(lua_State *L, struct wait *wait, size_t end,
                    lua_KFunction k)
{
    if (!wait->timer) {
        const struct script *script = wait->job->cell->script;
        wait->timer = loop_timer_new(script->config.loop, on_late, wait);
        script_was_paused(script, &wait->paused_ms);
        loop_timer_start(wait->timer, wait->timeout_ms);
    }
    return wait_park(L, wait, end, k);
}

// --- which purchase

struct purchase *wait_find(lua_State *L, struct script_job *job, int index,
                           const char *call)
{
    if (lua_type(L, index) != LUA_TSTRING)
        raise_mistake(L, "%s: expected a task_id, found a %s", call,
                      luaL_typename(L, index));
    size_t len;
    const char *id = lua_tolstring(L, index, &len);
    if (strlen(id) != len || len == 0)
        raise_world(L, ERR_RECIPE, "not_found",
                    "no purchase of this gateway has this task_id", id);
    const struct script_config *config = &job->cell->script->config;
    struct err err = {.kind = ERR_NONE};
    struct purchase *p =
        engine_find_task(config->engine, config->gateway, id, &err);
    if (!p && err.kind != ERR_NONE)
        wait_raise_err(L, &err);
    return p ? p : engine_adopt_task(config->engine, config->gateway, id);
}

void wait_check_gateway(lua_State *L, const struct script_cell *cell,
                        const char *call, const char *name)
{
    const char *own = cell->script->config.gateway->name;
    if (!name)
        raise_mistake(L, "%s: 'gateway' is a name", call);
    else if (strcmp(name, own) != 0)
        raise_mistake(L, "%s: gateway '%s' is not the recipe's, '%s'", call,
                      name, own);
}

// --- how it ends

void wait_told(const struct wait *wait, const struct purchase *p,
               const char *outcome)
{
    struct script_cell *cell = wait->job->cell;
    if (cell->life->memory.context)
        engine_told(cell->script->config.engine, &cell->life->memory, p,
                    outcome);
}

int wait_raise(lua_State *L, const struct wait *wait, const struct purchase *p)
{
    wait_told(wait, p, purchase_failure_kind(p));
    return raise_world(L, purchase_failure_err(p), purchase_failure_kind(p),
                       purchase_failure(p), purchase_task_id(p));
}

char *script_late_text(int64_t ms, const char *task_id)
{
    return xasprintf("waited %.10g s for %s; the task goes on at the gateway, "
                     "and running the recipe again picks it up",
                     (double)ms / 1000, task_id ? task_id : "an answer");
}

int wait_raise_late(lua_State *L, const struct wait *wait)
{
    const struct purchase *p = wait->slots[wait->at].purchase;
    const char *id = purchase_task_id(p);
    free(wait->box->text);
    wait->box->text = script_late_text(wait->timeout_ms, id);
    wait_told(wait, p, "timeout");
    return raise_world(L, ERR_NET, "timeout", wait->box->text, id);
}

const char *script_err_kind(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
    case ERR_USAGE:
    case ERR_RECIPE:
        return NULL;
    case ERR_GATEWAY:
        return "refused";
    case ERR_NET:
    case ERR_FORMAT:
        return "network";
    case ERR_DISK:
        return "disk";
    case ERR_DEFECT:
        return "defect";
    }
    return NULL;
}

int wait_raise_err(lua_State *L, const struct err *err)
{
    const char *kind = script_err_kind(err->kind);
    return kind ? raise_world(L, err->kind, kind, err->text, NULL)
                : raise_mistake(L, "%s", err->text);
}
