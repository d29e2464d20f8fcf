#include "script/testing.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/convert.h"
#include "script/raise.h"
#include "script/sandbox.h"
#include "script/testing_inside.h"

#define TEST_STEPS INT64_C(100000000) // VM instructions, of each test

static int open_machine(lua_State *L) // testing*
{
    struct testing *t = lua_touserdata(L, 1);
    sandbox_open(L);
    convert_open(L);
    raise_open(L);
    co_open(&t->ready, t->modules.machine);
    testing_open(L, t);
    return 0;
}

struct testing *testing_new(const struct testing_config *config,
                            struct err *err)
{
    struct testing *t = xcalloc(1, sizeof(*t));
    t->config = *config;
    t->only = xstrdup(config->only);
    t->modules.recipe_dir = xstrdup(config->recipe_dir);
    t->modules.lua_dir = xstrdup(config->lua_dir);
    t->modules.machine = machine_new(NULL);
    if (!t->modules.machine)
        err_set(err, ERR_DEFECT, "no memory for Lua");
    else if (machine_call(t->modules.machine, open_machine, t, NULL, err) ==
             MACHINE_DONE)
        return t;
    testing_free(t);
    return NULL;
}

void testing_free(struct testing *t)
{
    if (!t)
        return;
    co_free(t->co);
    machine_free(t->modules.machine);
    while (t->modules.modules) {
        struct module *module = t->modules.modules;
        t->modules.modules = module->next;
        module_free(module);
    }
    module_free(t->file);
    for (size_t i = 0; i < t->n; i++)
        free(t->names[i]);
    free(t->names);
    value_free(t->order);
    value_free(t->result);
    free(t->only);
    free(t->modules.recipe_dir);
    free(t->modules.lua_dir);
    free(t);
}

// --- loading

static int make_functions(lua_State *L) // testing* -> functions
{
    testing_push_functions(L);
    return 1;
}

static int load_file(lua_State *L) // testing*
{
    struct testing *t = lua_touserdata(L, 1);
    lua_pushcfunction(L, make_functions); // t fn
    lua_insert(L, 1);                     // fn t
    lua_call(L, 1, 1);                    // own
    lua_pushvalue(L, 1);                  // own own
    sandbox_environment(L);               // own env
    modules_push_require(L, &t->modules); // own env require
    lua_setfield(L, 1, "require");        // own env
    if (!sandbox_load(L, t->file->text, t->file->len, t->file->chunk, 2))
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

bool testing_load(struct testing *t, const char *source, size_t len,
                  const char *name, char **traceback, struct err *err)
{
    *traceback = NULL;
    t->file = xcalloc(1, sizeof(*t->file));
    t->file->chunk = xasprintf("@%s", name);
    t->file->text = xstrndup(source, len);
    t->file->len = len;
    struct machine_budget budget = {
        .left = TEST_STEPS, .max = TEST_STEPS, .what = "file of tests"};
    struct machine *machine = t->modules.machine;
    enum machine_status status =
        machine_call(machine, load_file, t, &budget, err);
    t->loaded = true;
    if (status == MACHINE_RAISED)
        *traceback = xstrdup(machine_trace(machine_state(machine)));
    if (status == MACHINE_DONE && t->n == 0)
        return err_set(err, ERR_RECIPE,
                       "%s has no test, as in test(\"…\", function() … end)",
                       name);
    return status == MACHINE_DONE;
}

// --- running

static int body_done(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 0;
}

static int test_body(lua_State *L)
{
    const struct testing *t = testing_of(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &testing_tests_key); // tests
    lua_rawgeti(L, -1, (lua_Integer)t->at + 1);            // tests fn
    lua_callk(L, 0, 0, 0, body_done);
    return body_done(L, LUA_OK, 0);
}

static void on_body_ended(void *arg, enum co_state state)
{
    (void)arg, (void)state;
}

struct failure {
    lua_State *T; // the error value is on top
    char *message;
    bool expected; // it is an expectation's
    struct value *lines;
};

static int read_failure(lua_State *L)
{
    struct failure *failure = lua_touserdata(L, 1);
    luaL_checkstack(L, 4, NULL);
    if (lua_type(failure->T, -1) != LUA_TTABLE ||
        !lua_checkstack(failure->T, 1))
        return 0;
    lua_pushvalue(failure->T, -1);
    lua_xmove(failure->T, L, 1); // failure e
    lua_pushliteral(L, "message");
    if (lua_rawget(L, 2) == LUA_TSTRING) { // failure e message
        size_t len;
        const char *text = lua_tolstring(L, -1, &len);
        failure->message = text_printable(text, len, TESTING_MESSAGE_MAX);
    }
    lua_pushliteral(L, "lines");
    failure->expected = lua_rawget(L, 2) == LUA_TTABLE;
    struct err err;
    if (failure->expected)
        failure->lines = convert_read(L, -1, "lines", &err);
    return 0;
}

static void say_end(struct testing *t)
{
    struct testing_end end = {.name = t->names[t->at]};
    struct failure failure = {.T = co_thread(t->co)};
    if (co_failed(t->co)) {
        struct machine *machine = t->modules.machine;
        struct err err;
        machine_call(machine, read_failure, &failure, NULL, &err);
        const char *traceback = machine_trace(failure.T);
        if (!failure.message) {
            if (co_out_of_memory(t->co))
                machine_no_memory(machine, &err);
            else
                machine_error_text(failure.T, -1, &err);
            failure.message = xstrdup(err.text);
        }
        end.message = failure.message;
        end.lines = failure.lines;
        end.traceback = failure.expected ? NULL : traceback;
    }
    t->config.ended(t->config.arg, &end);
    free(failure.message);
    value_free(failure.lines);
}

// The recipe that the test waits for, at the top: no Lua of ours is below it.
static void run_recipe(struct testing *t)
{
    value_free(t->result);
    t->wrong.kind = ERR_NONE;
    t->result = t->config.recipe(t->config.arg, t->order, &t->err);
    value_free(t->order);
    t->order = NULL;
    co_wake(&t->waits);
}

static void run_test(struct testing *t)
{
    t->budget = (struct machine_budget){.left = TEST_STEPS,
                                        .max = TEST_STEPS,
                                        .what = "test",
                                        .name = t->names[t->at]};
    struct co_spec spec = {
        .body = test_body, .budget = &t->budget, .ended = on_body_ended};
    struct err err;
    t->co = co_start(&t->ready, &spec, &err);
    if (!t->co) {
        struct testing_end end = {.name = t->names[t->at], .message = err.text};
        t->config.ended(t->config.arg, &end);
        return;
    }
    co_run_ready(&t->ready);
    while (t->order) {
        run_recipe(t);
        co_run_ready(&t->ready);
    }
    say_end(t);
    co_free(t->co);
    t->co = NULL;
}

void testing_run(struct testing *t)
{
    for (t->at = 0; t->at < t->n; t->at++) {
        if (!t->only || strstr(t->names[t->at], t->only))
            run_test(t);
    }
}

// --- answers

struct answering {
    const struct value *purchase;
    struct value *answer;
    struct err err; // of the answer; kind ERR_NONE: none
};

static int call_answer(lua_State *L)
{
    struct answering *a = lua_touserdata(L, 1);
    luaL_checkstack(L, 4, NULL);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &testing_answer_key) != LUA_TFUNCTION)
        return 0;
    convert_push(L, a->purchase); // a fn purchase
    lua_call(L, 1, 1);            // a answer
    if (!lua_isnil(L, -1))
        a->answer = convert_read(L, -1, "answer", &a->err);
    return 0;
}

struct value *testing_answer(struct testing *t, const struct value *purchase)
{
    struct answering a = {.purchase = purchase};
    struct err err;
    if (t->wrong.kind != ERR_NONE)
        return NULL;
    enum machine_status status =
        machine_call(t->modules.machine, call_answer, &a, &t->budget, &err);
    if (status == MACHINE_DONE && a.err.kind == ERR_NONE)
        return a.answer;
    t->wrong = status == MACHINE_DONE ? a.err : err;
    value_free(a.answer);
    return NULL;
}
