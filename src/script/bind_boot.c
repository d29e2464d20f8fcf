// What lua/boot.lua makes the environment of a cell of.

#include "script/bind.h"

#include <lauxlib.h>

#include "script/freeze.h"
#include "script/job.h"
#include "script/raise.h"
#include "script/sandbox.h"

static const char script_key; // in the registry: the struct script

// environment(own) -> a read-only view of `own` over the library
static int boot_environment(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    sandbox_environment(L);
    return 1;
}

// math(index) -> the math library of that cell
static int boot_math(lua_State *L)
{
    job_push_math(L, luaL_checkinteger(L, 1));
    return 1;
}

// require(env) -> the function `require` of that environment
static int boot_require(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &script_key); // env script
    struct script *script = lua_touserdata(L, -1);
    lua_pop(L, 1); // env
    modules_push_require(L, script);
    return 1;
}

// mistake(text): raise it with the place in the script
static int boot_mistake(lua_State *L)
{
    return raise_mistake(L, "%s", luaL_checkstring(L, 1));
}

static const luaL_Reg boot_fns[] = {
    {"environment", boot_environment},
    {"math", boot_math},
    {"mistake", boot_mistake},
    {"require", boot_require},
    {NULL, NULL},
};

void bind_boot(lua_State *L, struct script *script)
{
    lua_pushlightuserdata(L, script);               // prim script
    lua_rawsetp(L, LUA_REGISTRYINDEX, &script_key); // prim
    luaL_setfuncs(L, boot_fns, 0);                  // prim
}
