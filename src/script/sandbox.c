#include "script/sandbox.h"

#include <stdint.h>

#include <lauxlib.h>
#include <lualib.h>

#include "script/bounded.h"
#include "script/freeze.h"
#include "script/machine.h"
#include "script/sorted.h"

#define COMPILE_CHARGE 4 // instructions, about, for one byte of Lua

static const char library_key; // in the registry: what all environments share

// --- base functions that are not Lua's own

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    bounded_tostring(L, 1);
    return 1;
}

static int refuse_raw_write(lua_State *L)
{
    return luaL_error(L, "a read-only table cannot be written with rawset");
}

static int base_rawset(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (freeze_behind(L, 1))
        return refuse_raw_write(L);
    lua_rawset(L, 1);
    return 1;
}

static int base_rawget(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (freeze_behind(L, 1))
        lua_replace(L, 1);
    lua_rawget(L, 1);
    return 1;
}

static int base_rawlen(lua_State *L)
{
    int type = lua_type(L, 1);
    luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TSTRING, 1,
                     "table or string");
    lua_settop(L, 1);
    if (freeze_behind(L, 1))
        lua_replace(L, 1);
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
    return 1;
}

// Finalizers run when the collector likes, and no budget counts them; weak
// tables show when it ran.
static int base_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
                     "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    static const char *const refused[] = {"__gc", "__mode"};
    for (size_t i = 0; type == LUA_TTABLE && i < 2; i++) {
        lua_pushstring(L, refused[i]); // t mt name
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "'%s' is not available in a metatable",
                              refused[i]);
        lua_pop(L, 1); // t mt
    }
    lua_setmetatable(L, 1);
    return 1;
}

// xpcall(f, handler, ...): the handler comes after the stack was unwound. Lua's
// own calls it where the error is; there, after an error of the budget's hook,
// no hook would stop it. Upvalue: pcall.
static int xpcall_handled(lua_State *L, int status, lua_KContext at)
{
    (void)status; // … | ok result
    lua_pushboolean(L, 0);
    lua_replace(L, (int)at + 1); // … | false result
    return lua_gettop(L) - (int)at;
}

static int xpcall_called(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context; // handler ok results…
    if (lua_toboolean(L, 2))
        return lua_gettop(L) - 1;
    lua_settop(L, 3);                      // handler false error
    lua_pushvalue(L, lua_upvalueindex(1)); // … pcall
    lua_pushvalue(L, 1);                   // … pcall handler
    lua_pushvalue(L, 3);                   // … pcall handler error
    lua_callk(L, 2, LUA_MULTRET, 3, xpcall_handled);
    return xpcall_handled(L, LUA_OK, 3);
}

static int base_xpcall(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 1);                   // f handler args… f
    lua_copy(L, 2, 1);                     // handler handler args… f
    lua_replace(L, 2);                     // handler f args…
    lua_pushvalue(L, lua_upvalueindex(1)); // handler f args… pcall
    lua_insert(L, 2);                      // handler pcall f args…
    lua_callk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, xpcall_called);
    return xpcall_called(L, LUA_OK, 0);
}

// load(text [, name [, mode [, env]]]); upvalue: the environment
static int base_load(lua_State *L)
{
    size_t len;
    luaL_argexpected(L, lua_type(L, 1) == LUA_TSTRING, 1, "string");
    const char *source = lua_tolstring(L, 1, &len);
    const char *name = luaL_optstring(L, 2, "=(load)");
    luaL_optstring(L, 3, "t");
    int env = lua_upvalueindex(1);
    if (!lua_isnone(L, 4))
        env = 4;
    if (sandbox_load(L, source, len, name, env))
        return 1;
    luaL_pushfail(L);  // message nil
    lua_insert(L, -2); // nil message
    return 2;
}

static const luaL_Reg base_own[] = {
    {"next", sorted_next},       {"pairs", sorted_pairs},
    {"rawget", base_rawget},     {"rawlen", base_rawlen},
    {"rawset", base_rawset},     {"setmetatable", base_setmetatable},
    {"tostring", base_tostring}, {NULL, NULL},
};

// Lua's own that are kept.
static const char *const base_kept[] = {
    "assert",   "error",  "getmetatable", "ipairs", "pcall",
    "rawequal", "select", "tonumber",     "type",   "_VERSION",
};

// --- the shared library

static void open_base(lua_State *L) // library
{
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1); // library base
    for (size_t i = 0; i < sizeof(base_kept) / sizeof(*base_kept); i++) {
        lua_getfield(L, -1, base_kept[i]); // library base fn
        lua_setfield(L, -3, base_kept[i]); // library base
    }
    lua_getfield(L, -1, "pcall");        // library base pcall
    lua_pushcclosure(L, base_xpcall, 1); // library base xpcall
    lua_setfield(L, -3, "xpcall");       // library base
    lua_pop(L, 1);                       // library
    luaL_setfuncs(L, base_own, 0);
    bounded_base(L);
    // luaopen_base() filled the global table, which no chunk is to see.
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

static void open_string(lua_State *L) // library
{
    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1); // library string
    bounded_string(L);
    freeze(L, "string");            // library view
    lua_pushliteral(L, "");         // library view ""
    lua_getmetatable(L, -1);        // library view "" mt
    lua_pushvalue(L, -3);           // library view "" mt view
    lua_setfield(L, -2, "__index"); // library view "" mt
    lua_pushboolean(L, 0);          // library view "" mt false
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);                 // library view
    lua_setfield(L, -2, "string"); // library
}

static void open_others(lua_State *L) // library
{
    lua_pushcfunction(L, luaopen_table);
    lua_call(L, 0, 1); // library table
    bounded_table(L);
    freeze(L, "table");
    lua_setfield(L, -2, "table"); // library

    lua_pushcfunction(L, luaopen_utf8);
    lua_call(L, 0, 1); // library utf8
    bounded_utf8(L);
    freeze(L, "utf8");
    lua_setfield(L, -2, "utf8"); // library

    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1); // library math
    lua_pushnil(L);
    lua_setfield(L, -2, "random");
    lua_pushnil(L);
    lua_setfield(L, -2, "randomseed");
    freeze(L, "math");
    lua_setfield(L, -2, "math"); // library
}

void sandbox_open(lua_State *L)
{
    luaL_checkstack(L, 8, NULL);
    lua_newtable(L); // library
    open_base(L);
    open_string(L);
    open_others(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key); // -
}

// --- environments

static int refuse_global(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "the globals are read-only");
    return luaL_error(L, "writing the global '%s' is an error: use 'local %s'",
                      lua_tostring(L, 2), lua_tostring(L, 2));
}

void sandbox_environment(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    lua_createtable(L, 0, 1);                        // own mt
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key); // own mt library
    lua_setfield(L, -2, "__index");                  // own mt
    lua_setmetatable(L, -2);                         // own
    lua_pushvalue(L, -1);                            // own own
    lua_pushcfunction(L, refuse_global);             // own own fn
    freeze_with(L);                                  // own env
    lua_pushvalue(L, -1);                            // own env env
    lua_pushcclosure(L, base_load, 1);               // own env load
    lua_setfield(L, -3, "load");                     // own env
    lua_pushvalue(L, -1);                            // own env env
    lua_setfield(L, -3, "_G");                       // own env
    lua_replace(L, -2);                              // env
}

void sandbox_plain_environment(lua_State *L)
{
    lua_newtable(L); // own
    sandbox_environment(L);
}

bool sandbox_load(lua_State *L, const char *source, size_t len,
                  const char *name, int env)
{
    env = lua_absindex(L, env);
    if (len > SANDBOX_SOURCE_MAX) {
        lua_pushfstring(L, "%s: %I bytes are too many for one Lua text (%I)",
                        name, (LUAI_UACINT)len,
                        (LUAI_UACINT)SANDBOX_SOURCE_MAX);
        return false;
    }
    machine_charge(machine_of(L), (int64_t)len * COMPILE_CHARGE);
    int rc = luaL_loadbufferx(L, source, len, name, "t"); // fn | message
    if (rc == LUA_ERRMEM)
        lua_error(L); // not a fault of the text
    if (rc != LUA_OK)
        return false;
    lua_pushvalue(L, env);    // fn env
    lua_setupvalue(L, -2, 1); // fn: _ENV is a main chunk's first upvalue
    return true;
}

// --- random numbers

// math.randomseed(number): without one Lua would ask the clock.
static int math_randomseed(lua_State *L)
{
    luaL_checknumber(L, 1);
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1)); // a b seed
    lua_insert(L, 1);                      // seed a b
    if (lua_isnil(L, 3))
        lua_pop(L, 1); // seed a
    lua_call(L, lua_gettop(L) - 1, 0);
    return 0;
}

void sandbox_math(lua_State *L, lua_Integer seed)
{
    luaL_checkstack(L, 6, NULL);
    lua_pushcfunction(L, luaopen_math);
    lua_call(L, 0, 1);                       // math
    lua_getfield(L, -1, "randomseed");       // math randomseed
    lua_pushvalue(L, -1);                    // math randomseed randomseed
    lua_pushinteger(L, seed);                // math randomseed randomseed seed
    lua_call(L, 1, 0);                       // math randomseed
    lua_pushcclosure(L, math_randomseed, 1); // math fn
    lua_setfield(L, -2, "randomseed");       // math
    freeze(L, "math");
}
