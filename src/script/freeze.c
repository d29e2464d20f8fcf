#include "script/freeze.h"

#include <lauxlib.h>

static const char real_key; // in a view's metatable: the table behind it

static int refuse_write(lua_State *L)
{
    const char *what = lua_tostring(L, lua_upvalueindex(1));
    return luaL_error(L, "%s is read-only", what);
}

static int real_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

void freeze_with(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    lua_newtable(L);                     // real fn view
    lua_createtable(L, 0, 6);            // real fn view mt
    lua_pushvalue(L, -4);                // real fn view mt real
    lua_setfield(L, -2, "__index");      // real fn view mt
    lua_pushvalue(L, -4);                // real fn view mt real
    lua_pushcclosure(L, real_length, 1); // real fn view mt len
    lua_setfield(L, -2, "__len");        // real fn view mt
    lua_pushvalue(L, -3);                // real fn view mt fn
    lua_setfield(L, -2, "__newindex");   // real fn view mt
    lua_pushboolean(L, 0);               // real fn view mt false
    lua_setfield(L, -2, "__metatable");  // real fn view mt
    lua_pushvalue(L, -4);                // real fn view mt real
    lua_rawsetp(L, -2, &real_key);       // real fn view mt
    lua_setmetatable(L, -2);             // real fn view
    lua_replace(L, -3);                  // view fn
    lua_pop(L, 1);                       // view
}

void freeze(lua_State *L, const char *what)
{
    lua_pushstring(L, what);              // real what
    lua_pushcclosure(L, refuse_write, 1); // real fn
    freeze_with(L);
}

bool freeze_behind(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_checkstack(L, 2) ||
        !lua_getmetatable(L, index))
        return false;
    lua_rawgetp(L, -1, &real_key); // mt real
    lua_remove(L, -2);             // real
    if (lua_istable(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

void freeze_tag(lua_State *L, const void *key, void *pointer, lua_Integer n)
{
    lua_getmetatable(L, -1);           // view mt
    lua_createtable(L, 2, 0);          // view mt tag
    lua_pushlightuserdata(L, pointer); // view mt tag p
    lua_rawseti(L, -2, 1);             // view mt tag
    lua_pushinteger(L, n);             // view mt tag n
    lua_rawseti(L, -2, 2);             // view mt tag
    lua_rawsetp(L, -2, key);           // view mt
    lua_pop(L, 1);                     // view
}

bool freeze_tagged(lua_State *L, int index, const void *key, void **pointer,
                   lua_Integer *n)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_checkstack(L, 3) ||
        !lua_getmetatable(L, index))
        return false;
    bool found = lua_rawgetp(L, -1, key) == LUA_TTABLE; // mt tag
    if (found) {
        lua_rawgeti(L, -1, 1); // mt tag p
        *pointer = lua_touserdata(L, -1);
        lua_rawgeti(L, -2, 2); // mt tag p n
        *n = lua_tointeger(L, -1);
        lua_pop(L, 2); // mt tag
    }
    lua_pop(L, 2);
    return found;
}
