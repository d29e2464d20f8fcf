// generate and wait: what buys, and what waits for it.

#include "script/bind.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "script/clip.h"
#include "script/convert.h"
#include "script/freeze.h"
#include "script/raise.h"

#define WAIT_MT "tarmac.wait"
#define IDS_MAX 10000
#define TAKE_MAX 1000000

// Waiting for purchases, one after the other: the engine works on all of them
// at once, and the first failure in order is the one to raise, always.
struct wait {
    struct co_op op;
    struct engine_watch watch; // on list[at], while parked
    struct loop_timer *timer;  // or NULL
    bool late;
    int64_t timeout_ms;
    struct script_cell *cell;
    struct convert_box *box;
    size_t n, at;
    struct purchase *list[];
};

static void on_change(struct engine_watch *watch)
{
    struct wait *wait =
        (struct wait *)((char *)watch - offsetof(struct wait, watch));
    co_wake(&wait->op);
}

static void on_late(void *arg)
{
    struct wait *wait = arg;
    wait->late = true;
    co_wake(&wait->op);
}

// __close and __gc. A return, an error and a cancelled cell all end here; the
// purchase itself goes on.
static int wait_close(lua_State *L)
{
    struct wait *wait = luaL_checkudata(L, 1, WAIT_MT);
    co_drop(&wait->op);
    engine_unwatch(&wait->watch);
    loop_timer_free(wait->timer);
    wait->timer = NULL;
    return 0;
}

static const luaL_Reg wait_meta[] = {
    {"__close", wait_close},
    {"__gc", wait_close},
    {NULL, NULL},
};

// Push an empty operation with room for `n` purchases, and a box before it.
// [-0, +2, m]
static struct wait *wait_new(lua_State *L, struct script_cell *cell, size_t n)
{
    struct convert_box *box = convert_box(L); // box
    size_t size = sizeof(struct wait) + n * sizeof(struct purchase *);
    struct wait *wait = lua_newuserdatauv(L, size, 0); // box wait
    memset(wait, 0, size);
    wait->cell = cell;
    wait->box = box;
    luaL_setmetatable(L, WAIT_MT);
    lua_toclose(L, -1);
    return wait;
}

static int park(lua_State *L, struct wait *wait, lua_KFunction k)
{
    engine_unwatch(&wait->watch);
    wait->watch.fn = on_change;
    engine_watch(wait->list[wait->at], &wait->watch);
    return co_wait(L, &wait->op, k, wait);
}

static int raise_failure(lua_State *L, const struct purchase *p)
{
    return raise_world(L, purchase_failure_err(p), purchase_failure_kind(p),
                       purchase_failure(p), purchase_task_id(p));
}

static int raise_err(lua_State *L, const struct err *err)
{
    const char *kind = NULL;
    switch (err->kind) {
    case ERR_NONE:
    case ERR_USAGE:
    case ERR_RECIPE:
        return raise_mistake(L, "%s", err->text);
    case ERR_GATEWAY:
        kind = "refused";
        break;
    case ERR_NET:
    case ERR_FORMAT:
        kind = "network";
        break;
    case ERR_DISK:
        kind = "disk";
        break;
    case ERR_DEFECT:
        kind = "defect";
        break;
    }
    return raise_world(L, err->kind, kind, err->text, NULL);
}

// --- generate

static int generate_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    const struct purchase *p = wait->list[0];
    if (!purchase_answered(p))
        return park(L, wait, generate_go_on);
    if (purchase_settled(p) && purchase_failure_kind(p))
        return raise_failure(L, p);
    if (!purchase_task_id(p))
        return raise_world(L, ERR_DEFECT, "defect",
                           "the gateway gave this purchase no task_id", NULL);
    lua_pushstring(L, purchase_task_id(p));
    return 1;
}

static void check_gateway(lua_State *L, const struct script_cell *cell,
                          const char *call, const char *name)
{
    const char *own = cell->script->config.gateway->name;
    if (!name)
        raise_mistake(L, "%s: 'gateway' is a name", call);
    else if (strcmp(name, own) != 0)
        raise_mistake(L, "%s: gateway '%s' is not the recipe's, '%s'", call,
                      name, own);
}

// What says how to buy, not what: it leaves the fields.
static int take_options(lua_State *L, const struct script_cell *cell,
                        struct value *fields)
{
    const struct value *gateway = value_get(fields, "gateway");
    if (gateway && gateway->type != VALUE_NULL)
        check_gateway(L, cell, "runway.generate", value_text(gateway));
    value_remove(fields, "gateway");

    const struct value *take = value_get(fields, "take");
    int64_t n = cell->take;
    if (take && take->type != VALUE_NULL)
        n = value_integer(take, 0);
    if (n < 1 || n > TAKE_MAX)
        raise_mistake(L, "runway.generate: 'take' is an integer from 1");
    value_remove(fields, "take");
    return (int)n;
}

// generate(fields) -> task_id
static int runway_generate(lua_State *L)
{
    struct script_cell *cell = bind_cell(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct wait *wait = wait_new(L, cell, 1); // fields box wait
    struct err err;
    wait->box->value = convert_read(L, 1, "runway.generate", &err);
    if (!wait->box->value)
        return raise_mistake(L, "%s", err.text);
    if (wait->box->value->type != VALUE_MAP)
        return raise_mistake(L, "runway.generate: expected fields with names, "
                                "as in {prompt = \"…\"}");
    struct order order = {
        .gateway = cell->script->config.gateway,
        .route = "generate",
        .take = take_options(L, cell, wait->box->value),
        .cell = cell->name,
    };
    struct value *request = request_merge(cell->request, wait->box->value);
    order.request = request;
    wait->list[0] = engine_buy(cell->script->config.engine, &order, &err);
    value_free(request);
    if (!wait->list[0])
        return raise_err(L, &err);
    wait->n = 1;
    return generate_go_on(L, LUA_OK, (lua_KContext)wait);
}

// --- wait

static int raise_late(lua_State *L, const struct wait *wait)
{
    const struct purchase *p = wait->list[wait->at];
    const char *id = purchase_task_id(p);
    wait->box->text = xasprintf(
        "waited %.10g s for %s; the task goes on at the gateway, and running "
        "the recipe again picks it up",
        (double)wait->timeout_ms / 1000, id ? id : "an answer");
    return raise_world(L, ERR_NET, "timeout", wait->box->text, id);
}

static int push_clips(lua_State *L, struct wait *wait)
{
    lua_createtable(L, (int)wait->n, 0); // … clips
    for (size_t i = 0; i < wait->n; i++) {
        clip_push(L, wait->cell->script, wait->list[i], wait->box);
        lua_rawseti(L, -2, (lua_Integer)i + 1); // … clips
    }
    return 1;
}

static int wait_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    for (; wait->at < wait->n; wait->at++) {
        const struct purchase *p = wait->list[wait->at];
        if (!purchase_settled(p))
            break;
        if (purchase_failure_kind(p))
            return raise_failure(L, p);
    }
    if (wait->at == wait->n)
        return push_clips(L, wait);
    if (wait->late)
        return raise_late(L, wait);
    if (!wait->timer) {
        wait->timer =
            loop_timer_new(wait->cell->script->config.loop, on_late, wait);
        loop_timer_start(wait->timer, wait->timeout_ms);
    }
    return park(L, wait, wait_go_on);
}

// The purchase of the task_id on top of the stack.
static struct purchase *find(lua_State *L, const struct script_cell *cell)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        raise_mistake(L, "runway.wait: expected a task_id, found a %s",
                      luaL_typename(L, -1));
    size_t len;
    const char *id = lua_tolstring(L, -1, &len);
    struct err err = {.kind = ERR_NONE};
    struct purchase *p = NULL;
    if (strlen(id) == len)
        p = engine_find_task(cell->script->config.engine,
                             cell->script->config.gateway, id, &err);
    if (!p && err.kind != ERR_NONE)
        raise_err(L, &err);
    if (!p)
        raise_world(L, ERR_RECIPE, "not_found",
                    "no purchase of this gateway has this task_id", id);
    return p;
}

// wait(list of task_ids [, timeout [, gateway]]) -> list of clips
static int runway_wait(lua_State *L)
{
    struct script_cell *cell = bind_cell(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 3);
    if (freeze_behind(L, 1))
        lua_replace(L, 1);
    size_t n = lua_rawlen(L, 1);
    if (n > IDS_MAX)
        return raise_mistake(L, "runway.wait: more than %d task_ids", IDS_MAX);
    int64_t timeout_ms = cell->script->config.recipe->limits.timeout_ms;
    if (!lua_isnil(L, 2))
        timeout_ms = bind_duration(L, 2, "runway.wait: timeout");
    if (!lua_isnil(L, 3))
        check_gateway(L, cell, "runway.wait", lua_tostring(L, 3));
    struct wait *wait = wait_new(L, cell, n); // ids t g box wait
    wait->timeout_ms = timeout_ms;
    for (; wait->n < n; wait->n++) {
        lua_rawgeti(L, 1, (lua_Integer)wait->n + 1); // ids … wait id
        wait->list[wait->n] = find(L, cell);
        lua_pop(L, 1); // ids … wait
    }
    return wait_go_on(L, LUA_OK, (lua_KContext)wait);
}

static const luaL_Reg runway_fns[] = {
    {"generate", runway_generate},
    {"wait", runway_wait},
    {NULL, NULL},
};

void bind_runway(lua_State *L)
{
    luaL_newmetatable(L, WAIT_MT);   // prim mt
    luaL_setfuncs(L, wait_meta, 0);  // prim mt
    lua_pop(L, 1);                   // prim
    luaL_setfuncs(L, runway_fns, 0); // prim
}
