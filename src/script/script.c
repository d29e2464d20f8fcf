#include "script/script.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "script/bind.h"
#include "script/clip.h"
#include "script/convert.h"
#include "script/embedded.h"
#include "script/freeze.h"
#include "script/internal.h"
#include "script/job.h"
#include "script/json.h"
#include "script/plain.h"
#include "script/raise.h"
#include "script/sandbox.h"
#include "script/watchdog.h"

// --- the machine, made ready once

// Run an embedded file in the environment on top of the stack, with the `n`
// values below it, which stay there. [-0, +1, m]
static void run_embedded(lua_State *L, const struct script *script,
                         const char *name, int n)
{
    luaL_checkstack(L, n + 6, NULL);
    int env = lua_gettop(L);
    struct convert_box *box = convert_box(L); // … env box
    struct err err;
    size_t len = 0;
    box->text = embedded_read(script->lua_dir, name, &len, &err);
    if (!box->text)
        luaL_error(L, "%s", err.text);
    const char *chunk = lua_pushfstring(L, SCRIPT_OWN_CHUNK " %s.lua", name);
    if (!sandbox_load(L, box->text, len, chunk, env)) // … env box name fn
        lua_error(L);
    for (int i = 0; i < n; i++)
        lua_pushvalue(L, env - n + i); // … env box name fn args
    lua_call(L, n, 1);                 // … env box name result
}

// The table of primitives. [-0, +1, m]
static void push_primitives(lua_State *L, struct script *script)
{
    static const struct value none = {.type = VALUE_MAP};
    const struct value *params = script->config.recipe->params;
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L); // prim
    bind_runway(L);
    bind_wait(L);
    bind_task(L);
    bind_clock(L);
    bind_jobs(L);
    bind_notes(L);
    bind_boot(L, script);
    json_facade_push(L); // prim json
    freeze(L, "runway.json");
    lua_setfield(L, -2, "json");    // prim
    lua_pushlightuserdata(L, NULL); // prim none
    lua_setfield(L, -2, "none");    // prim
    convert_push_frozen(L, params ? params : &none, "runway.params");
    lua_setfield(L, -2, "params"); // prim
}

// Each embedded file runs in a function of its own, for its box to end.
static int add_prompts(lua_State *L) // script* prim
{
    const struct script *script = lua_touserdata(L, 1);
    sandbox_plain_environment(L); // script prim env
    run_embedded(L, script, "prompt", 1);
    return 0;
}

static int make_runway(lua_State *L) // script* prim -> runway
{
    const struct script *script = lua_touserdata(L, 1);
    sandbox_plain_environment(L); // script prim env
    run_embedded(L, script, "runway", 1);
    freeze(L, "runway");
    return 1;
}

static int make_boot(lua_State *L) // script* prim runway -> function
{
    const struct script *script = lua_touserdata(L, 1);
    sandbox_plain_environment(L); // script prim runway env
    run_embedded(L, script, "boot", 2);
    return 1;
}

static int open_machine(lua_State *L) // script*
{
    struct script *script = lua_touserdata(L, 1);
    sandbox_open(L);
    convert_open(L);
    raise_open(L);
    clip_open(L);
    co_open(&script->ready, script->machine);
    push_primitives(L, script);        // script prim
    lua_pushcfunction(L, add_prompts); // script prim fn
    lua_pushvalue(L, 1);               // script prim fn script
    lua_pushvalue(L, 2);               // script prim fn script prim
    lua_call(L, 2, 0);                 // script prim
    lua_pushcfunction(L, make_runway); // script prim fn
    lua_pushvalue(L, 1);               // script prim fn script
    lua_pushvalue(L, 2);               // script prim fn script prim
    lua_call(L, 2, 1);                 // script prim runway
    lua_pushcfunction(L, make_boot);   // script prim runway fn
    lua_insert(L, 1);                  // fn script prim runway
    lua_call(L, 3, 1);                 // boot
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_rawsetp(L, LUA_REGISTRYINDEX, script); // -
    return 0;
}

struct script *script_new_with(const struct script_config *config,
                               const struct machine_config *machine,
                               struct err *err)
{
    struct script *script = xcalloc(1, sizeof(*script));
    script->config = *config;
    script->recipe_dir = xstrdup(config->recipe_dir);
    script->lua_dir = xstrdup(config->lua_dir);
    script->context = xstrdup(config->context);
    script->config.recipe_dir = script->recipe_dir;
    script->config.lua_dir = script->lua_dir;
    script->machine = machine_new(machine);
    if (!script->machine)
        err_set(err, ERR_DEFECT, "no memory for Lua");
    else if (machine_call(script->machine, open_machine, script, NULL, err) ==
             MACHINE_DONE)
        return script;
    else if (err)
        err->kind = ERR_DEFECT;
    script_free(script);
    return NULL;
}

struct script *script_new(const struct script_config *config, struct err *err)
{
    struct machine_config machine = {
        .memory_max = (size_t)config->recipe->limits.memory,
        .memory_setting = "limits.memory",
    };
    return script_new_with(config, &machine, err);
}

struct machine_budget script_budget(const struct script *script,
                                    const char *what)
{
    int64_t max = script->config.recipe->limits.instructions;
    if (max == 0)
        max = MACHINE_STEPS;
    return (struct machine_budget){.left = max,
                                   .max = max,
                                   .what = what,
                                   .setting = "limits.instructions"};
}

void script_free(struct script *script)
{
    if (!script)
        return;
    while (script->cells)
        script_cell_free(script->cells);
    machine_free(script->machine);
    while (script->modules) {
        struct module *module = script->modules;
        script->modules = module->next;
        module_free(module);
    }
    module_free(script->main);
    index_free(&script->askers);
    free(script->recipe_dir);
    free(script->lua_dir);
    free(script->context);
    free(script);
}

void script_watch(void (*stuck)(void *arg, const char *line), void *arg)
{
    watchdog_start(&(struct watchdog_config){.stuck = stuck, .arg = arg});
}

void script_unwatch(void)
{
    watchdog_stop();
}

// --- the recipe's script

static int compile(lua_State *L) // module*
{
    const struct module *module = lua_touserdata(L, 1);
    sandbox_plain_environment(L); // module env
    if (!sandbox_load(L, module->text, module->len, module->chunk, -1))
        return lua_error(L);
    return 0;
}

// A copy without what Lua's own loader also passes over: a byte order mark,
// and the first line of a file that can be executed.
static void copy_source(struct module *module, const char *source, size_t len)
{
    if (len >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0) {
        source += 3;
        len -= 3;
    }
    module->text = xstrndup(source, len);
    module->len = len;
    for (size_t i = 0; len && source[0] == '#' && i < len; i++) {
        if (source[i] == '\n')
            break;
        module->text[i] = ' ';
    }
}

bool script_load(struct script *script, const char *source, size_t len,
                 const char *name, struct err *err)
{
    script->plain = !source;
    if (script->plain)
        return true;
    struct module *module = xcalloc(1, sizeof(*module));
    module->chunk = xasprintf("@%s", name);
    copy_source(module, source, len);
    if (machine_call(script->machine, compile, module, NULL, err) !=
        MACHINE_DONE) {
        module_free(module);
        return false;
    }
    module_free(script->main);
    script->main = module;
    return true;
}

// --- cells

int64_t script_was_paused(const struct script *script, int64_t *seen)
{
    int64_t all = engine_paused_ms(script->config.engine);
    int64_t since = all - *seen;
    *seen = all;
    return since;
}

static void on_late(void *arg)
{
    struct script_cell *cell = arg;
    int64_t paused = script_was_paused(cell->script, &cell->paused_ms);
    if (paused > 0)
        loop_timer_start(cell->timer, paused);
    else
        cell_is_late(cell);
}

static void limit_time(struct script_cell *cell)
{
    const struct script_config *config = &cell->script->config;
    int64_t most = config->recipe->limits.cell_timeout_ms;
    if (most <= 0)
        return;
    cell->timer = loop_timer_new(config->loop, on_late, cell);
    script_was_paused(cell->script, &cell->paused_ms);
    loop_timer_start(cell->timer, most);
}

static struct script_cell *cell_of(const struct script *script, const void *arg)
{
    struct script_cell *cell = script->cells;
    while (cell && cell->arg != arg)
        cell = cell->next;
    return cell;
}

struct purchase *const *script_purchases(const struct script *script,
                                         const void *arg, size_t *n)
{
    const struct script_cell *cell = cell_of(script, arg);
    *n = cell ? cell->n_purchases : 0;
    return cell ? cell->purchases : NULL;
}

bool script_cancel(struct script *script, const void *arg)
{
    struct script_cell *cell = cell_of(script, arg);
    if (cell) {
        cell->cancelled = true;
        cell_is_late(cell);
    }
    return cell;
}

static void begin_life(struct script_cell *cell, const struct cell *of)
{
    struct script_life *life = xcalloc(1, sizeof(*life));
    life->budget = script_budget(cell->script, "cell");
    life->budget.name = cell->name;
    life->last_job = &life->jobs;
    life->vars = value_copy(of->vars);
    hash_bytes("", 0, life->inputs);
    life->memory = (struct call_memory){.context = cell->script->context,
                                        .cell = cell->name};
    cell->life = life;
}

bool script_start(struct script *script, const struct cell *cell,
                  void (*done)(void *arg, const struct script_result *result),
                  void *arg, struct err *err)
{
    if (!script->main && !script->plain)
        return err_set(err, ERR_DEFECT, "no script was loaded");
    struct script_cell *run = xcalloc(1, sizeof(*run));
    run->script = script;
    run->index = cell->index;
    run->take = cell->take;
    run->name = xstrdup(cell->name);
    run->request = value_copy(cell->request);
    run->done = done;
    run->arg = arg;
    run->next = script->cells;
    run->link = &script->cells;
    if (run->next)
        run->next->link = &run->next;
    script->cells = run;
    if (script->plain) {
        plain_start(run);
        limit_time(run);
        return true;
    }
    begin_life(run, cell);
    struct script_job *first = job_new(run, "");
    first->co = co_start(&script->ready,
                         &(struct co_spec){cell_body, first, &run->life->budget,
                                           cell_first_ended, job_resumes},
                         err);
    run->life->running = 1;
    if (first->co) {
        limit_time(run);
        return true;
    }
    script_cell_free(run);
    return false;
}

bool script_run_ready(struct script *script)
{
    bool ended = cell_end_late(script);
    bool ran = plain_run_ready(script);
    return co_run_ready(&script->ready) || ran || ended;
}
