// generate: what buys.

#include "script/bind.h"

#include <stdlib.h>

#include "base/mem.h"
#include "script/clip.h"
#include "script/convert.h"
#include "script/raise.h"
#include "script/wait.h"

#include <lauxlib.h>

#define TAKE_MAX 1000000
#define CALLS_MAX 10000 // of a cell: each is a row of the ledger

static int generate_go_on(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    struct wait *wait = (struct wait *)ctx;
    const struct purchase *p = wait->slots[0].purchase;
    if (!purchase_answered(p))
        return wait_park(L, wait, 1, generate_go_on);
    // A failure that has a task is for wait() to tell: in an earlier run it
    // came after this call had returned, and a script is told the same in every
    // run.
    if (purchase_task_id(p)) {
        lua_pushstring(L, purchase_task_id(p));
        return 1;
    }
    if (purchase_settled(p) && purchase_failure_kind(p))
        return wait_raise(L, wait, p);
    return raise_world(L, ERR_DEFECT, "defect",
                       "the gateway gave this purchase no task_id", NULL);
}

// What says how to buy, not what: it leaves the fields, as buy() does with the
// route.
static int take_options(lua_State *L, const struct script_cell *cell,
                        struct value *fields)
{
    const struct value *gateway = value_get(fields, "gateway");
    if (gateway && gateway->type != VALUE_NULL)
        wait_check_gateway(L, cell, "runway.generate", value_text(gateway));
    value_remove(fields, "gateway");

    const struct value *route = value_get(fields, "route");
    if (route && route->type != VALUE_NULL && !value_text(route))
        raise_mistake(L, "runway.generate: 'route' is a name, such as "
                         "\"video2video\"");
    const struct value *take = value_get(fields, "take");
    int64_t n = cell->take;
    if (take && take->type != VALUE_NULL)
        n = value_integer(take, 0);
    if (n < 1 || n > TAKE_MAX)
        raise_mistake(L, "runway.generate: 'take' is an integer from 1");
    value_remove(fields, "take");
    return (int)n;
}

// Which call of the cell this is, the same in every run: "3", "1.2/1".
static char *call_path(struct script_job *job)
{
    job->generated++;
    return job->path[0] ? xasprintf("%s/%zu", job->path, job->generated)
                        : xasprintf("%zu", job->generated);
}

static struct purchase *buy(lua_State *L, struct wait *wait, int take)
{
    struct script_cell *cell = wait->job->cell;
    free(wait->box->text);
    wait->box->text = call_path(wait->job);
    const char *route = value_get_text(wait->box->value, "route");
    struct value *request = request_merge(cell->request, wait->box->value);
    value_remove(request, "route");
    struct order order = {
        .gateway = cell->script->config.gateway,
        .route = route ? route : cell->script->config.recipe->route,
        .request = request,
        .take = take,
        .cell = cell->name,
        .memory = cell->life->memory.context ? &cell->life->memory : NULL,
        .inputs = cell->life->inputs,
        .path = wait->box->text,
    };
    struct err err;
    cell->life->memory.diverged = false;
    struct purchase *p = engine_buy(cell->script->config.engine, &order, &err);
    value_free(request);
    if (!p && cell->life->memory.diverged)
        raise_world(L, ERR_RECIPE, "diverged", err.text, NULL);
    else if (!p)
        wait_raise_err(L, &err);
    else
        cell_note_purchase(cell, p);
    return p;
}

// generate(fields) -> task_id
static int runway_generate(lua_State *L)
{
    struct script_job *job = bind_job(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (job->cell->generated == CALLS_MAX)
        return raise_mistake(
            L, "a cell calls runway.generate more than %d times", CALLS_MAX);
    job->cell->generated++;
    struct wait *wait = wait_new(L, job, 1); // fields box wait
    struct err err;
    wait->box->value =
        convert_read_members(L, 1, "runway.generate", clip_name, &err);
    if (!wait->box->value)
        return raise_mistake(L, "%s", err.text);
    if (wait->box->value->type != VALUE_MAP)
        return raise_mistake(L, "runway.generate: expected fields with names, "
                                "as in {prompt = \"…\"}");
    int take = take_options(L, job->cell, wait->box->value);
    wait_add(wait, buy(L, wait, take));
    return generate_go_on(L, LUA_OK, (lua_KContext)wait);
}

void bind_runway(lua_State *L)
{
    lua_pushcfunction(L, runway_generate); // prim fn
    lua_setfield(L, -2, "generate");       // prim
}
