// One cell: its environment, its script, and how it ended.

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/clip.h"
#include "script/convert.h"
#include "script/freeze.h"
#include "script/internal.h"
#include "script/job.h"
#include "script/plain.h"
#include "script/raise.h"
#include "script/sandbox.h"

#define NAME_BYTES_MAX 64 // of a named output

static void drop_outputs(struct script_cell *cell)
{
    for (size_t i = 0; i < cell->life->n; i++)
        free(cell->life->outputs[i].suffix);
    free(cell->life->outputs);
    cell->life->outputs = NULL;
    cell->life->n = 0;
}

static void leave_late(struct script_cell *cell)
{
    struct script_cell **at = &cell->script->late;
    while (*at != cell)
        at = &(*at)->next_late;
    *at = cell->next_late;
}

static void life_free(struct script_life *life)
{
    if (!life)
        return;
    if (life->by_purchase)
        index_free(life->by_purchase);
    free(life->by_purchase);
    value_free(life->rows);
    value_free(life->vars);
    free(life);
}

void script_cell_free(struct script_cell *cell)
{
    plain_free(cell->plain);
    if (cell->life)
        jobs_free(cell); // before what their closers may look at
    if (cell->late)
        leave_late(cell);
    *cell->link = cell->next;
    if (cell->next)
        cell->next->link = cell->link;
    if (cell->life)
        drop_outputs(cell);
    asking_forget(cell);
    for (size_t i = 0; i < cell->n_purchases; i++)
        purchase_drop(cell->purchases[i]);
    if (cell->life && cell->life->memory.context)
        engine_forget(cell->script->config.engine, &cell->life->memory);
    if (cell->purchases != &cell->one)
        free(cell->purchases);
    loop_timer_free(cell->timer);
    value_free(cell->request);
    free(cell->name);
    life_free(cell->life);
    free(cell);
}

void cell_note_module(struct script_cell *cell, const struct module *module)
{
    char text[HASH_HEX];
    hash_bytes(module->text, module->len, text);
    char *all = xasprintf("%s %s %s", cell->life->inputs, module->name, text);
    hash_bytes(all, strlen(all), cell->life->inputs);
    free(all);
}

static void index_purchase(struct script_cell *cell, struct purchase *purchase)
{
    struct script_life *life = cell->life; // a plain cell asks for one
    if (!life->by_purchase)
        life->by_purchase = xcalloc(1, sizeof(*life->by_purchase));
    index_set(life->by_purchase, purchase_fingerprint(purchase), purchase);
}

// Most cells ask for one, which needs no block of its own.
static void make_room(struct script_cell *cell)
{
    size_t n = cell->n_purchases;
    if (n == 0) {
        cell->purchases = &cell->one;
    } else if (n == 1) {
        cell->purchases = xreallocarray(NULL, 2, sizeof(cell->one));
        cell->purchases[0] = cell->one;
    } else if ((n & (n - 1)) == 0) { // it is full
        cell->purchases =
            xreallocarray(cell->purchases, 2 * n, sizeof(cell->one));
    }
}

bool cell_has_asked(const struct script_cell *cell, const struct purchase *p)
{
    if (cell->n_purchases >= CELL_FEW)
        return index_get(cell->life->by_purchase, purchase_fingerprint(p)) == p;
    for (size_t i = 0; i < cell->n_purchases; i++)
        if (cell->purchases[i] == p)
            return true;
    return false;
}

void cell_note_purchase(struct script_cell *cell, struct purchase *purchase)
{
    size_t n = cell->n_purchases;
    if (cell_has_asked(cell, purchase))
        return;
    if (n + 1 == CELL_FEW)
        for (size_t i = 0; i < n; i++)
            index_purchase(cell, cell->purchases[i]);
    if (n + 1 >= CELL_FEW)
        index_purchase(cell, purchase);
    make_room(cell);
    cell->purchases[cell->n_purchases++] = purchase;
    purchase_keep(purchase);
    asking_note(cell, purchase);
}

// --- what the script returned

static void add_output(struct script_cell *cell, const char *suffix,
                       struct purchase *purchase, size_t file)
{
    cell->life->outputs = xreallocarray(cell->life->outputs, cell->life->n + 1,
                                        sizeof(*cell->life->outputs));
    cell->life->outputs[cell->life->n++] =
        (struct script_output){xstrdup(suffix), purchase, file};
}

// False when the value at `index` is no clip.
static bool add_clip(lua_State *L, struct script_cell *cell, int index,
                     const char *suffix)
{
    struct purchase *purchase;
    size_t file;
    if (!clip_read(L, index, &purchase, &file))
        return false;
    if (file != CLIP_ALL) {
        add_output(cell, suffix, purchase, file);
        return true;
    }
    for (size_t i = 0; i < purchase_clips(purchase); i++)
        add_output(cell, suffix, purchase, i);
    return true;
}

static bool is_output_name(const char *name, size_t len)
{
    return len > 0 && len <= NAME_BYTES_MAX &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static int compare_outputs(const void *a, const void *b)
{
    const struct script_output *left = a, *right = b;
    int c = strcmp(left->suffix, right->suffix);
    return c ? c : (left->clip > right->clip) - (left->clip < right->clip);
}

static int refuse_result(lua_State *L, const struct script_cell *cell,
                         const char *what)
{
    const struct module *main = cell->script->main;
    return luaL_error(L,
                      "%s: the function returned %s; it returns a clip, a "
                      "table of named clips, or {} for none",
                      main->chunk + 1, what);
}

static void take_named(lua_State *L, struct script_cell *cell) // table
{
    if (freeze_behind(L, -1))
        lua_replace(L, -2);                                // table
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { // table k clip
        if (lua_type(L, -2) != LUA_TSTRING) {
            refuse_result(L, cell, "a table with clips that have no name");
            return;
        }
        size_t len;
        const char *name = lua_tolstring(L, -2, &len);
        if (!is_output_name(name, len))
            luaL_error(L,
                       "%s: the output name '%s' is not made of a-z, 0-9 "
                       "and '_' alone",
                       cell->script->main->chunk + 1, name);
        if (!add_clip(L, cell, -1, name))
            luaL_error(L, "%s: the output '%s' is a %s, not a clip",
                       cell->script->main->chunk + 1, name,
                       luaL_typename(L, -1));
    }
    if (cell->life->n)
        qsort(cell->life->outputs, cell->life->n, sizeof(*cell->life->outputs),
              compare_outputs);
}

static void take_result(lua_State *L, struct script_cell *cell) // result
{
    if (add_clip(L, cell, -1, ""))
        return;
    if (lua_isnil(L, -1))
        refuse_result(L, cell, "no clip");
    else if (!lua_istable(L, -1))
        refuse_result(L, cell,
                      lua_pushfstring(L, "a %s", luaL_typename(L, -1)));
    else
        take_named(L, cell);
}

// --- the task

// Where the body goes on when something that it called has waited.
enum stage { STAGE_MAIN, STAGE_FUNCTION };

static void check_main(lua_State *L, const struct module *main) // … result
{
    if (!lua_isfunction(L, -1))
        luaL_error(L,
                   "%s: the script must return a function, as in 'return "
                   "function(cell) … end'",
                   main->chunk + 1);
}

// The script as a function, in a new environment. [-0, +1, e]
static void push_main(lua_State *L, const struct script *script, uint64_t index)
{
    const struct module *main = script->main;
    lua_rawgetp(L, LUA_REGISTRYINDEX, script); // boot
    lua_pushinteger(L, (lua_Integer)index);    // boot index
    lua_call(L, 1, 1);                         // env
    if (!sandbox_load(L, main->text, main->len, main->chunk, -1))
        lua_error(L);  // env chunk
    lua_remove(L, -2); // chunk
}

static int body_go_on(lua_State *L, int status, lua_KContext stage)
{
    (void)status;
    const struct script_job *job = lua_touserdata(L, 1); // job result
    struct script_cell *cell = job->cell;
    if (stage == STAGE_MAIN) {
        check_main(L, cell->script->main);
        convert_push_frozen(L, cell->life->vars, "cell"); // job fn vars
        value_free(cell->life->vars);
        cell->life->vars = NULL; // Lua has it
        lua_callk(L, 1, 1, STAGE_FUNCTION, body_go_on);
    }
    take_result(L, cell);
    return 0;
}

int cell_body(lua_State *L) // job*
{
    const struct script_job *job = lua_touserdata(L, 1);
    push_main(L, job->cell->script, job->cell->index); // job chunk
    lua_callk(L, 0, 1, STAGE_MAIN, body_go_on);
    return body_go_on(L, LUA_OK, STAGE_MAIN);
}

static int try_main(lua_State *L) // script*
{
    const struct script *script = lua_touserdata(L, 1);
    push_main(L, script, 1); // script chunk
    lua_call(L, 0, 1);       // script fn
    check_main(L, script->main);
    return 0;
}

bool script_try(struct script *script, char **traceback, struct err *err)
{
    if (script->plain)
        return true;
    struct machine_budget budget = script_budget(script, "script");
    budget.name = script->main->chunk + 1;
    enum machine_status status =
        machine_call(script->machine, try_main, script, &budget, err);
    if (status == MACHINE_RAISED)
        *traceback = xstrdup(machine_trace(machine_state(script->machine)));
    return status == MACHINE_DONE;
}

// --- how it ended

struct failure {
    lua_State *T; // the error value is on top
    char *kind, *message, *task_id, *traceback;
    enum err_kind err;
    bool world; // `err` is from a purchase
};

static char *field_text(lua_State *L, const char *name)
{
    lua_pushstring(L, name); // e name
    char *text = NULL;
    if (lua_rawget(L, -2) == LUA_TSTRING) { // e value
        size_t len;
        const char *s = lua_tolstring(L, -1, &len);
        text = text_printable(s, len, SCRIPT_MESSAGE_MAX);
    }
    lua_pop(L, 1); // e
    return text;
}

// An error table that the script was given, or one like it of its own.
static int read_failure(lua_State *L)
{
    struct failure *failure = lua_touserdata(L, 1);
    luaL_checkstack(L, 4, NULL);
    if (lua_type(failure->T, -1) != LUA_TTABLE ||
        !lua_checkstack(failure->T, 1))
        return 0;
    lua_pushvalue(failure->T, -1);
    lua_xmove(failure->T, L, 1); // failure e
    failure->world = raise_kind(L, -1, &failure->err);
    failure->kind = field_text(L, "kind");
    failure->message = field_text(L, "message");
    failure->task_id = field_text(L, "task_id");
    return 0;
}

static void explain(const struct script_job *job, struct failure *failure)
{
    struct machine *machine = job->cell->script->machine;
    struct err err;
    failure->T = co_thread(job->co);
    machine_call(machine, read_failure, failure, NULL, &err);
    if (!failure->message) {
        if (co_out_of_memory(job->co))
            machine_no_memory(machine, &err);
        else
            machine_error_text(failure->T, -1, &err);
        failure->message = xstrdup(err.text);
    }
    if (!failure->kind) {
        failure->kind = xstrdup("script");
        failure->traceback = xstrdup(machine_trace(failure->T));
    }
    if (!failure->world)
        failure->err = ERR_RECIPE;
}

static void finish(struct script_cell *cell)
{
    struct failure failure = {.err = ERR_NONE};
    const struct script_job *failed = jobs_failed(cell);
    if (failed) {
        drop_outputs(cell);
        explain(failed, &failure);
    }
    struct script_result result = {
        .ok = !failed,
        .outputs = cell->life->outputs,
        .n = cell->life->n,
        .purchases = cell->purchases,
        .n_purchases = cell->n_purchases,
        .rows = cell->life->rows,
        .kind = failure.kind,
        .message = failure.message,
        .task_id = failure.task_id,
        .traceback = failure.traceback,
        .err = failure.err,
    };
    cell->done(cell->arg, &result);
    free(failure.kind);
    free(failure.message);
    free(failure.task_id);
    free(failure.traceback);
    script_cell_free(cell);
}

// Its coroutines end where they wait; what it bought goes on without it. Takes
// both texts.
static void finish_early(struct script_cell *cell, char *kind, char *message,
                         enum err_kind err)
{
    struct script_result result = {.purchases = cell->purchases,
                                   .n_purchases = cell->n_purchases,
                                   .rows = cell->life ? cell->life->rows : NULL,
                                   .kind = kind,
                                   .message = message,
                                   .err = err};
    cell->done(cell->arg, &result);
    free(kind);
    free(message);
    script_cell_free(cell);
}

static void finish_late(struct script_cell *cell)
{
    bool asked = cell->generated > 0;
    double seconds =
        (double)cell->script->config.recipe->limits.cell_timeout_ms / 1000;
    char *message =
        xasprintf("took longer than limits.cell_timeout (%.10g s); %s", seconds,
                  asked ? "its tasks go on at the gateway, and running the "
                          "recipe again picks them up"
                        : "it had asked for nothing yet");
    finish_early(cell, xstrdup("timeout"), message, asked ? ERR_NET : ERR_NONE);
}

void cell_is_late(struct script_cell *cell)
{
    if (cell->late)
        return;
    cell->late = true;
    cell->next_late = cell->script->late;
    cell->script->late = cell;
}

bool cell_end_late(struct script *script)
{
    bool any = script->late;
    while (script->late) {
        struct script_cell *cell = script->late; // which ends with it
        if (cell->cancelled)
            finish_early(cell, xstrdup("cancelled"), xstrdup("cancelled"),
                         ERR_NONE);
        else
            finish_late(cell);
    }
    return any;
}

void cell_job_ended(struct script_cell *cell)
{
    cell->life->running--;
    if (cell->life->running == 0 || cell->life->jobs->failed)
        finish(cell);
}

void cell_first_ended(void *arg, enum co_state state)
{
    struct script_job *job = arg;
    job->ended = true;
    job->failed = state == CO_FAILED;
    cell_job_ended(job->cell);
}
