#include "script/raise.h"

#include <stdarg.h>
#include <string.h>

#include <lauxlib.h>

#include "script/internal.h"
#include "script/job.h"

static const char err_key; // in an error's metatable: its err_kind
static const char all_key; // in the registry: a metatable for each err_kind

static int error_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "message");
    if (lua_type(L, -1) != LUA_TSTRING)
        lua_pushliteral(L, "an error without a message");
    return 1;
}

void raise_open(lua_State *L)
{
    luaL_checkstack(L, 4, NULL);
    lua_newtable(L); // all
    for (lua_Integer err = ERR_NONE; err <= ERR_DEFECT; err++) {
        lua_createtable(L, 0, 3);             // all mt
        lua_pushcfunction(L, error_tostring); // all mt fn
        lua_setfield(L, -2, "__tostring");    // all mt
        lua_pushboolean(L, 0);                // all mt false
        lua_setfield(L, -2, "__metatable");   // all mt
        lua_pushinteger(L, err);              // all mt err
        lua_rawsetp(L, -2, &err_key);         // all mt
        lua_rawseti(L, -2, err);              // all
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &all_key); // -
}

bool raise_is_own(const char *chunk)
{
    return strncmp(chunk, SCRIPT_OWN_CHUNK, strlen(SCRIPT_OWN_CHUNK)) == 0;
}

// Push "file:line: " of the innermost frame that is neither C nor ours. A tail
// call, "return runway.clip {…}", leaves none: then the script's name alone.
static void push_place(lua_State *L)
{
    lua_Debug ar;
    for (int level = 1; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0 && !raise_is_own(ar.source)) {
            lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
            return;
        }
    }
    const struct script_job *job = co_peek(L);
    const char *chunk = job ? job->cell->script->main->chunk : SCRIPT_OWN_CHUNK;
    if (raise_is_own(chunk))
        lua_pushliteral(L, "");
    else
        lua_pushfstring(L, "%s: ", chunk + 1);
}

int raise_mistake(lua_State *L, const char *fmt, ...)
{
    luaL_checkstack(L, 4, NULL);
    push_place(L); // place
    va_list args;
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args); // place text
    va_end(args);
    lua_concat(L, 2); // message
    return lua_error(L);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

int raise_world(lua_State *L, enum err_kind err, const char *kind,
                const char *message, const char *task_id)
{
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, 3); // e
    set_text(L, "kind", kind);
    set_text(L, "message", message);
    set_text(L, "task_id", task_id);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &all_key); // e all
    lua_rawgeti(L, -1, err);                     // e all mt
    lua_setmetatable(L, -3);                     // e all
    lua_pop(L, 1);                               // e
    return lua_error(L);
}

bool raise_kind(lua_State *L, int index, enum err_kind *err)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    bool ours = lua_rawgetp(L, -1, &err_key) == LUA_TNUMBER; // mt err
    if (ours)
        *err = (enum err_kind)lua_tointeger(L, -1);
    lua_pop(L, 2); // -
    return ours;
}
