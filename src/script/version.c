#include "script/version.h"

#include <lauxlib.h>
// lua-cjson's own header wants lua.h before it
#include <lua-cjson.h>

#include "base/mem.h"
#include "script/machine.h"

// lua-cjson says its version only to Lua.
static int ask_cjson(lua_State *L)
{
    char **version = lua_touserdata(L, 1);
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);               // cjson
    lua_getfield(L, -1, "_VERSION"); // cjson version
    *version = xstrdup(lua_tostring(L, -1));
    return 0;
}

const char *script_lua_version(void)
{
    return LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE;
}

char *script_cjson_version(void)
{
    char *version = NULL;
    struct machine *m = machine_new(NULL);
    if (m)
        machine_call(m, ask_cjson, &version, NULL, NULL);
    machine_free(m);
    return version ? version : xstrdup("unknown");
}
