#include "script/dialect.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/mem.h"
#include "script/convert.h"
#include "script/embedded.h"
#include "script/json.h"
#include "script/sandbox.h"

#define REQUIRE_NAME_MAX 64

static const struct machine_budget one_call = {
    .left = DIALECT_STEPS, .max = DIALECT_STEPS, .what = "dialect"};

struct dialect_lua {
    struct machine *machine;
    struct value *tables;
    int functions[DIALECT_FUNCTIONS]; // references in the registry
    const char *lua_dir;              // borrowed; or NULL
};

static const struct {
    const char *name;
    bool required;
} functions[DIALECT_FUNCTIONS] = {
    [DIALECT_ACCEPTED] = {"accepted", true},
    [DIALECT_ACCOUNT] = {"account", false},
    [DIALECT_ACCOUNTED] = {"accounted", false},
    [DIALECT_CALLBACK] = {"callback", false},
    [DIALECT_CANCEL] = {"cancel", false},
    [DIALECT_CHECK] = {"check", false},
    [DIALECT_LIST] = {"list", false},
    [DIALECT_LISTED] = {"listed", false},
    [DIALECT_POLL] = {"poll", true},
    [DIALECT_PRICE] = {"price", false},
    [DIALECT_STATE] = {"state", true},
    [DIALECT_SUBMIT] = {"submit", true},
};

const char *dialect_lua_function(enum dialect_function function)
{
    return functions[function].name;
}

// --- require

enum { UP_ENV = 1, UP_LOADED, UP_LUA };

// "dialect.reverse.state" -> "dialect/reverse/state", which is embedded; else
// an error.
static void embedded_name(lua_State *L, char name[REQUIRE_NAME_MAX])
{
    size_t len;
    const char *asked = luaL_checklstring(L, 1, &len);
    bool fits = len < REQUIRE_NAME_MAX && strlen(asked) == len &&
                strncmp(asked, "dialect.", 8) == 0;
    for (size_t i = 0; fits && i <= len; i++)
        name[i] = asked[i] == '.' ? '/' : asked[i];
    if (!fits || !embedded_find(name))
        luaL_error(L, "a dialect can require 'json', and modules of the "
                      "dialects that are built in");
}

static int dialect_require(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushvalue(L, 1);                                   // name name
    int type = lua_rawget(L, lua_upvalueindex(UP_LOADED)); // name v
    if (type == LUA_TLIGHTUSERDATA)
        return luaL_error(L, "require: '%s' needs itself", lua_tostring(L, 1));
    if (type != LUA_TNIL)
        return 1;
    char name[REQUIRE_NAME_MAX];
    embedded_name(L, name);
    lua_pushvalue(L, 1);                        // name nil name
    lua_pushlightuserdata(L, NULL);             // name nil name mark
    lua_rawset(L, lua_upvalueindex(UP_LOADED)); // name nil
    const struct dialect_lua *lua = lua_touserdata(L, lua_upvalueindex(UP_LUA));
    const char *chunk = lua_pushfstring(L, "@%s.lua", name); // name nil chunk
    struct convert_box *box = convert_box(L); // name nil chunk box
    struct err err;
    size_t len;
    box->text = embedded_read(lua->lua_dir, name, &len, &err);
    if (!box->text)
        return luaL_error(L, "%s", err.text);
    if (!sandbox_load(L, box->text, len, chunk, lua_upvalueindex(UP_ENV)))
        return lua_error(L);
    lua_call(L, 0, 1);                          // name nil chunk box v
    lua_pushvalue(L, 1);                        // name nil chunk box v name
    lua_pushvalue(L, -2);                       // name nil chunk box v name v
    lua_rawset(L, lua_upvalueindex(UP_LOADED)); // name nil chunk box v
    return 1;
}

// Push the environment of a dialect: the sandbox, and require().
static void push_environment(lua_State *L, struct dialect_lua *lua)
{
    lua_newtable(L);                         // own
    lua_pushvalue(L, -1);                    // own own
    sandbox_environment(L);                  // own env
    lua_pushvalue(L, -1);                    // own env env
    lua_newtable(L);                         // own env env loaded
    json_facade_push(L);                     // own env env loaded json
    lua_setfield(L, -2, "json");             // own env env loaded
    lua_pushlightuserdata(L, lua);           // own env env loaded lua
    lua_pushcclosure(L, dialect_require, 3); // own env require
    lua_setfield(L, -3, "require");          // own env
    lua_replace(L, -2);                      // env
}

// --- loading

struct loading {
    struct dialect_lua *lua;
    const struct dialect_source *source;
};

static void take_tables(lua_State *L, struct dialect_lua *lua) // module
{
    static const char *const names[] = {"name",          "version", "data_uri",
                                        "list_complete", "fields",  "defaults",
                                        "models",        "as_of"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct err err;
        if (lua_getfield(L, -1, names[i]) != LUA_TNIL) { // module v
            struct value *v = convert_read(L, -1, names[i], &err);
            if (!v)
                luaL_error(L, "%s", err.text);
            value_set(lua->tables, names[i], v);
        }
        lua_pop(L, 1); // module
    }
}

static void take_functions(lua_State *L, struct dialect_lua *lua) // module
{
    for (size_t i = 0; i < DIALECT_FUNCTIONS; i++) {
        const char *name = functions[i].name;
        int type = lua_getfield(L, -1, name); // module fn
        if (type == LUA_TNIL && functions[i].required)
            luaL_error(L, "the module has no function '%s'", name);
        if (type != LUA_TNIL && type != LUA_TFUNCTION)
            luaL_error(L, "'%s' is a %s, not a function", name,
                       lua_typename(L, type));
        lua->functions[i] = luaL_ref(L, LUA_REGISTRYINDEX); // module
    }
}

static int load(lua_State *L)
{
    const struct loading *loading = lua_touserdata(L, 1);
    const struct dialect_source *source = loading->source;
    luaL_checkstack(L, 12, NULL);
    lua_settop(L, 0);
    convert_open(L);
    sandbox_open(L);
    push_environment(L, loading->lua);                            // env
    const char *chunk = lua_pushfstring(L, "@%s", source->chunk); // env chunk
    if (!sandbox_load(L, source->text, source->len, chunk, 1))
        return lua_error(L);
    lua_call(L, 0, 1); // env chunk module
    if (!lua_istable(L, -1))
        return luaL_error(L, "a dialect returns its table, found %s",
                          luaL_typename(L, -1));
    take_tables(L, loading->lua);
    take_functions(L, loading->lua);
    return 0;
}

struct dialect_lua *dialect_lua_new(const struct dialect_source *source,
                                    const struct machine_config *config,
                                    struct err *err)
{
    struct machine *machine = machine_new(config);
    if (!machine) {
        err_set(err, ERR_RECIPE, "not enough memory for Lua");
        return NULL;
    }
    struct dialect_lua *lua = xcalloc(1, sizeof(*lua));
    lua->machine = machine;
    lua->tables = value_map();
    lua->lua_dir = source->lua_dir;
    struct machine_budget budget = one_call;
    struct loading loading = {lua, source};
    if (machine_call(machine, load, &loading, &budget, err) == MACHINE_DONE)
        return lua;
    dialect_lua_free(lua);
    return NULL;
}

void dialect_lua_free(struct dialect_lua *lua)
{
    if (!lua)
        return;
    machine_free(lua->machine);
    value_free(lua->tables);
    free(lua);
}

bool dialect_lua_has(const struct dialect_lua *lua,
                     enum dialect_function function)
{
    return lua->functions[function] != LUA_REFNIL;
}

const struct value *dialect_lua_tables(const struct dialect_lua *lua)
{
    return lua->tables;
}

// --- calls

struct calling {
    const struct dialect_lua *lua;
    enum dialect_function function;
    const struct dialect_arg *args;
    size_t n;
    struct value **results;
    struct err err; // of a result; kind ERR_NONE: none
};

static int call(lua_State *L)
{
    struct calling *c = lua_touserdata(L, 1);
    luaL_checkstack(L, (int)c->n + 4, NULL);
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, c->lua->functions[c->function]); // fn
    for (size_t i = 0; i < c->n; i++) { // fn args …
        if (c->args[i].bytes)
            lua_pushlstring(L, c->args[i].bytes, c->args[i].len);
        else
            convert_push(L, c->args[i].value);
    }
    lua_call(L, (int)c->n, 2); // a b
    for (int i = 0; i < 2; i++) {
        if (lua_isnil(L, i + 1))
            continue;
        c->results[i] = convert_read(
            L, i + 1, i ? "the second result" : "the result", &c->err);
        if (!c->results[i])
            break;
    }
    return 0;
}

bool dialect_lua_call(struct dialect_lua *lua, enum dialect_function function,
                      const struct dialect_arg *args, size_t n,
                      struct value *results[2], struct err *err)
{
    results[0] = results[1] = NULL;
    if (!dialect_lua_has(lua, function))
        return true;
    struct machine_budget budget = one_call;
    struct calling calling = {.lua = lua,
                              .function = function,
                              .args = args,
                              .n = n,
                              .results = results};
    enum machine_status status =
        machine_call(lua->machine, call, &calling, &budget, err);
    if (status == MACHINE_DONE && calling.err.kind == ERR_NONE)
        return true;
    if (status == MACHINE_DONE)
        err_set(err, ERR_RECIPE, "%s", calling.err.text);
    value_free(results[0]);
    value_free(results[1]);
    results[0] = results[1] = NULL;
    return false;
}
