#include "script/expr.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "script/convert.h"
#include "script/machine.h"
#include "script/sandbox.h"

#define MEMORY_MAX ((size_t)32 << 20)
#define STEPS_MAX 1000000 // of one test
// Of all tests of a program: a sweep has many cells, which all are tested.
#define STEPS_ALL INT64_C(2000000000)
#define TEXT_MAX 4000  // bytes of one expression
#define EXPRS_MAX 1000 // compiled, one after the other
#define CHUNK "expression"

struct exprs {
    struct recipe_exprs table;
    struct machine *machine; // NULL until the first is compiled
    int n;
    int64_t left; // steps
    // Of the test that runs, or the compilation.
    const char *text;
    int expr;
    const struct value *(*get)(void *scope, const char *name);
    void *scope;
    bool answer, unknown;
};

// Where Lua keeps the list of functions, and the tables of groups by name.
static const char functions_key, groups_key;

// --- names

// A value of the cell, or for a group the table that finds what is below it.
// [-0, +1, m]
static void push_value(lua_State *L, const char *name, const struct value *v)
{
    if (v->type == VALUE_NULL) {
        lua_pushnil(L);
        return;
    }
    if (v->type != VALUE_MAP) {
        convert_push_frozen(L, v, name);
        return;
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &groups_key); // groups
    lua_getfield(L, -1, name);                      // groups group
    lua_remove(L, -2);                              // group
}

// name -> value; raises for a name that the cell does not have. [-0, +1, e]
static void push_name(lua_State *L, struct exprs *exprs, const char *name)
{
    const struct value *v = exprs->get(exprs->scope, name);
    exprs->unknown = !v;
    if (!v)
        luaL_error(L, "unknown name '%s'", name);
    push_value(L, name, v);
}

static int refuse(lua_State *L)
{
    return luaL_error(L, "an expression changes nothing");
}

static struct exprs *exprs_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

// group[name]; upvalues: exprs*, the group's own name and a dot.
static int group_index(lua_State *L)
{
    const char *last = luaL_checkstring(L, 2);
    const char *name =
        lua_pushfstring(L, "%s%s", lua_tostring(L, lua_upvalueindex(2)), last);
    push_name(L, exprs_of(L), name);
    return 1;
}

// groups[name], made when it is first asked for.
static int groups_index(lua_State *L) // groups name
{
    lua_newtable(L);                       // groups name group
    lua_createtable(L, 0, 2);              // … group mt
    lua_pushvalue(L, lua_upvalueindex(1)); // … group mt exprs
    lua_pushfstring(L, "%s.", luaL_checkstring(L, 2));
    lua_pushcclosure(L, group_index, 2); // … group mt fn
    lua_setfield(L, -2, "__index");      // … group mt
    lua_pushcfunction(L, refuse);        // … group mt fn
    lua_setfield(L, -2, "__newindex");   // … group mt
    lua_setmetatable(L, -2);             // groups name group
    lua_pushvalue(L, 2);                 // … group name
    lua_pushvalue(L, 3);                 // … group name group
    lua_rawset(L, 1);                    // groups name group
    return 1;
}

// What a name is in an expression: the cell's before the library's. Upvalues:
// exprs*, the library.
static int name_index(lua_State *L) // env name
{
    const char *name = luaL_checkstring(L, 2);
    struct exprs *exprs = exprs_of(L);
    lua_pushvalue(L, 2);                                  // env name name
    if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL) { // env name nil
        push_name(L, exprs, name);
        return 1;
    }
    const struct value *v = exprs->get(exprs->scope, name);
    if (v)
        push_value(L, name, v);
    return 1;
}

// --- the machine

static const char *const library[] = {"math",     "string", "tonumber",
                                      "tostring", "type",   "utf8"};

// The names that are no cell's, from a sandbox's environment. [-0, +1, m]
static void push_library(lua_State *L)
{
    lua_newtable(L);              // lib
    sandbox_plain_environment(L); // lib env
    for (size_t i = 0; i < sizeof(library) / sizeof(*library); i++) {
        lua_getfield(L, -1, library[i]); // lib env value
        lua_setfield(L, -3, library[i]); // lib env
    }
    lua_pop(L, 1); // lib
}

static int open_machine(lua_State *L) // exprs*
{
    sandbox_open(L);
    convert_open(L);
    lua_newtable(L);                                   // exprs groups
    lua_createtable(L, 0, 1);                          // exprs groups mt
    lua_pushvalue(L, 1);                               // exprs groups mt exprs
    lua_pushcclosure(L, groups_index, 1);              // exprs groups mt fn
    lua_setfield(L, -2, "__index");                    // exprs groups mt
    lua_setmetatable(L, -2);                           // exprs groups
    lua_rawsetp(L, LUA_REGISTRYINDEX, &groups_key);    // exprs
    lua_newtable(L);                                   // exprs functions
    lua_newtable(L);                                   // exprs functions env
    lua_createtable(L, 0, 2);                          // … env mt
    lua_pushvalue(L, 1);                               // … env mt exprs
    push_library(L);                                   // … env mt exprs lib
    lua_pushcclosure(L, name_index, 2);                // … env mt fn
    lua_setfield(L, -2, "__index");                    // … env mt
    lua_pushcfunction(L, refuse);                      // … env mt fn
    lua_setfield(L, -2, "__newindex");                 // … env mt
    lua_setmetatable(L, -2);                           // exprs functions env
    lua_rawseti(L, -2, 0);                             // exprs functions
    lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key); // exprs
    return 0;
}

static bool make_machine(struct exprs *exprs, struct err *err)
{
    struct machine_config config = {.memory_max = MEMORY_MAX};
    if (exprs->machine)
        return true;
    exprs->machine = machine_new(&config);
    if (!exprs->machine)
        return err_set(err, ERR_DEFECT, "no memory for Lua");
    return machine_call(exprs->machine, open_machine, exprs, NULL, err) ==
           MACHINE_DONE;
}

// --- compiling

static int compile_text(lua_State *L) // exprs*
{
    const struct exprs *exprs = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key); // exprs functions
    lua_rawgeti(L, -1, 0);                             // exprs functions env
    const char *chunk = lua_pushfstring(L, "return %s\n", exprs->text);
    if (!sandbox_load(L, chunk, strlen(chunk), "=" CHUNK, 3))
        return lua_error(L); // the message
    lua_rawseti(L, 2, exprs->n + 1);
    return 0;
}

// Lua's message without the name of the chunk, without the line where it is the
// first, and without what only a chunk can have.
static void say_plainly(struct err *err)
{
    static const char prefix[] = CHUNK ":", after[] = "<eof> expected near ";
    struct err plain = *err;
    char *end;
    if (!text_starts(plain.text, prefix))
        return;
    long line = strtol(plain.text + strlen(prefix), &end, 10);
    const char *said = text_starts(end, ": ") ? end + 2 : end;
    char *place = line > 1 ? xasprintf("line %ld: ", line) : xstrdup("");
    if (strstr(said, "near <eof>"))
        err_set(err, plain.kind, "the expression ends too early");
    else if (text_starts(said, after) &&
             strcmp(said + strlen(after), "'='") == 0)
        err_set(err, plain.kind, "%s'=' sets, '==' compares", place);
    else if (text_starts(said, after))
        err_set(err, plain.kind, "%sunexpected %s", place,
                said + strlen(after));
    else
        err_set(err, plain.kind, "%s%s", place, said);
    free(place);
}

static int expr_compile(void *ctx, const char *text, struct err *err)
{
    struct exprs *exprs = ctx;
    if (strlen(text) > TEXT_MAX) {
        err_set(err, ERR_RECIPE, "an expression of more than %d bytes",
                TEXT_MAX);
        return -1;
    }
    if (exprs->n == EXPRS_MAX) {
        err_set(err, ERR_RECIPE, "more than %d expressions", EXPRS_MAX);
        return -1;
    }
    if (!make_machine(exprs, err))
        return -1;
    exprs->text = text;
    if (machine_call(exprs->machine, compile_text, exprs, NULL, err) !=
        MACHINE_DONE) {
        say_plainly(err);
        return -1;
    }
    return exprs->n++;
}

// --- testing

// What it gave instead of true or false. [-0, +1, m]
static const char *shown(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return "nil";
    case LUA_TNUMBER:
        return lua_pushfstring(L, "the number %s",
                               luaL_tolstring(L, index, NULL));
    default:
        return lua_pushfstring(L, "a %s", luaL_typename(L, index));
    }
}

static int test_expr(lua_State *L) // exprs*
{
    struct exprs *exprs = lua_touserdata(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key); // exprs functions
    lua_rawgeti(L, -1, exprs->expr + 1);               // exprs functions fn
    lua_call(L, 0, LUA_MULTRET);                       // … results
    if (lua_gettop(L) != 3)
        return luaL_error(L,
                          "it gives %d values, where true or false is "
                          "wanted",
                          lua_gettop(L) - 2);
    if (!lua_isboolean(L, 3))
        return luaL_error(L, "it gives %s, where true or false is wanted",
                          shown(L, 3));
    exprs->answer = lua_toboolean(L, 3);
    return 0;
}

static int expr_test(void *ctx, int expr,
                     const struct value *(*get)(void *scope, const char *name),
                     void *scope, struct err *err)
{
    struct exprs *exprs = ctx;
    int64_t most = exprs->left < STEPS_MAX ? exprs->left : STEPS_MAX;
    struct machine_budget budget = {
        .left = most, .max = STEPS_MAX, .what = CHUNK};
    if (most < STEPS_MAX) {
        budget.max = STEPS_ALL;
        budget.what = "sweep";
    }
    exprs->expr = expr;
    exprs->get = get;
    exprs->scope = scope;
    exprs->unknown = false;
    enum machine_status status =
        machine_call(exprs->machine, test_expr, exprs, &budget, err);
    exprs->left -= most - budget.left;
    if (status == MACHINE_DONE)
        return exprs->answer;
    say_plainly(err);
    return exprs->unknown ? -2 : -1;
}

// --- all of them

struct exprs *exprs_new(void)
{
    struct exprs *exprs = xcalloc(1, sizeof(*exprs));
    exprs->left = STEPS_ALL;
    exprs->table = (struct recipe_exprs){exprs, expr_compile, expr_test};
    return exprs;
}

void exprs_free(struct exprs *exprs)
{
    if (!exprs)
        return;
    machine_free(exprs->machine);
    free(exprs);
}

const struct recipe_exprs *exprs_table(const struct exprs *exprs)
{
    return &exprs->table;
}
