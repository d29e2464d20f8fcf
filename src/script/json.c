#include "script/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
// lua-cjson's own header wants lua.h before it
#include <lua-cjson.h>

#include "base/buf.h"
#include "data/json.h"
#include "script/convert.h"
#include "script/machine.h"

#define EXACT_DIGITS 15              // of a number that a float holds exactly
#define EXACT_MAX 9007199254740992.0 // 2^53
#define BYTES_A_CHARGE 4
#define NODE_BYTES 160 // what a value costs in Lua, generously

static const char decode_key; // in the registry: lua-cjson's decode

// What a text is going to need, before anything is made of it.
struct measure {
    size_t nodes;
    int depth;
    bool exact; // holds what lua-cjson cannot say: [], long integers
};

static size_t skip_string(const char *s, size_t len, size_t i)
{
    for (i++; i < len && s[i] != '"'; i++) {
        if (s[i] == '\\')
            i++;
    }
    return i;
}

static bool closes_at_once(const char *s, size_t len, size_t i)
{
    for (i++; i < len && strchr(" \t\r\n", s[i]) && s[i]; i++)
        ;
    return i < len && s[i] == ']';
}

static struct measure measure(const char *s, size_t len)
{
    struct measure m = {1, 0, false};
    int depth = 0;
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        digits = s[i] >= '0' && s[i] <= '9' ? digits + 1 : 0;
        m.exact |= digits > EXACT_DIGITS;
        switch (s[i]) {
        case '"':
            i = skip_string(s, len, i);
            break;
        case '[':
            m.exact |= closes_at_once(s, len, i);
            m.nodes++;
            depth++;
            break;
        case '{':
            m.nodes++;
            depth++;
            break;
        case ']':
        case '}':
            depth--;
            break;
        case ',':
        case ':':
            m.nodes++;
            break;
        default:
            break;
        }
        if (depth > m.depth)
            m.depth = depth;
    }
    return m;
}

// Push the integer that the float on top is, if it is one. [-0, +(0|1), -]
static bool push_whole(lua_State *L)
{
    lua_Number x = lua_tonumber(L, -1);
    if (lua_isinteger(L, -1) || floor(x) != x || fabs(x) > EXACT_MAX)
        return false;
    lua_pushinteger(L, (lua_Integer)x);
    return true;
}

// lua-cjson makes every number a float, and marks no list. The table on top;
// replacing the value of a field that is there is allowed while going through.
static void tidy(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { // t k v
        if (lua_istable(L, -1)) {
            tidy(L);
        } else if (lua_type(L, -1) == LUA_TNUMBER && push_whole(L)) {
            lua_pushvalue(L, -3); // t k v i k
            lua_insert(L, -2);    // t k v k i
            lua_rawset(L, -5);    // t k v
        }
    }
    if (lua_rawlen(L, -1) > 0)
        convert_mark_list(L);
}

// lua-cjson loses its buffers when Lua refuses memory, so it is refused none:
// what it may need was measured against what is left.
static void decode_foreign(lua_State *L)
{
    struct machine *m = machine_of(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &decode_key); // … decode
    lua_pushvalue(L, 1);                            // … decode text
    machine_firm(m, true);
    enum machine_status status = machine_pcall(L, 1, 1);
    machine_firm(m, false);
    if (status != MACHINE_DONE) { // … message
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
        lua_error(L);
    }
    if (lua_istable(L, -1)) // … v
        tidy(L);
    else if (lua_type(L, -1) == LUA_TNUMBER)
        push_whole(L);
}

static int facade_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_settop(L, 1);
    if (len > JSON_FACADE_BYTES_MAX)
        return luaL_error(L, "JSON of %I bytes is too long (%I)",
                          (LUAI_UACINT)len, (LUAI_UACINT)JSON_FACADE_BYTES_MAX);
    machine_charge(machine_of(L), (int64_t)(len / BYTES_A_CHARGE));
    struct measure need = measure(text, len);
    if (need.depth > JSON_DEPTH_MAX)
        return luaL_error(L, "JSON nested deeper than %d levels",
                          JSON_DEPTH_MAX);
    size_t left = machine_memory_left(machine_of(L));
    if (need.nodes > left / NODE_BYTES ||
        2 * len > left - need.nodes * NODE_BYTES)
        return luaL_error(L,
                          "JSON of %I bytes needs more memory than is left%s",
                          (LUAI_UACINT)len, machine_memory_hint(machine_of(L)));
    if (need.exact) {
        struct convert_box *box = convert_box(L); // text box
        box->value = json_read(text, len, JSON_LENIENT, NULL);
        if (box->value) {
            convert_push(L, box->value); // text box v
            return 1;
        }
    }
    decode_foreign(L);
    return 1;
}

static int facade_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    struct convert_box *box = convert_box(L); // v box
    struct err err;
    box->value = convert_read(L, 1, "json.encode", &err);
    if (!box->value)
        return luaL_error(L, "%s", err.text);
    struct buf out;
    buf_init(&out, JSON_FACADE_BYTES_MAX);
    json_canonical(box->value, &out);
    machine_charge(machine_of(L), (int64_t)(out.len / BYTES_A_CHARGE));
    bool fits = !out.overflow;
    size_t len = out.len;
    box->text = buf_take(&out);
    if (!fits)
        return luaL_error(L, "JSON of more than %I bytes",
                          (LUAI_UACINT)JSON_FACADE_BYTES_MAX);
    lua_pushlstring(L, box->text, len); // v box text
    return 1;
}

static int facade_list(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (convert_is_list(L, 1))
        return 1;
    luaL_argcheck(L, luaL_getmetafield(L, 1, "__metatable") == LUA_TNIL, 1,
                  "a table with a protected metatable");
    convert_mark_list(L);
    return 1;
}

static const luaL_Reg facade[] = {
    {"decode", facade_decode},
    {"encode", facade_encode},
    {"list", facade_list},
    {NULL, NULL},
};

// lua-cjson, told to accept nothing but JSON.
static void open_foreign(lua_State *L)
{
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);                              // cjson
    lua_getfield(L, -1, "decode_invalid_numbers");  // cjson fn
    lua_pushboolean(L, 0);                          // cjson fn false
    lua_call(L, 1, 0);                              // cjson
    lua_getfield(L, -1, "decode_max_depth");        // cjson fn
    lua_pushinteger(L, JSON_DEPTH_MAX);             // cjson fn n
    lua_call(L, 1, 0);                              // cjson
    lua_getfield(L, -1, "decode");                  // cjson decode
    lua_rawsetp(L, LUA_REGISTRYINDEX, &decode_key); // cjson
    lua_pop(L, 1);                                  // -
}

void json_facade_push(lua_State *L)
{
    luaL_checkstack(L, 6, NULL);
    machine_firm(machine_of(L), true);
    open_foreign(L);
    machine_firm(machine_of(L), false);
    luaL_newlib(L, facade);         // facade
    lua_pushlightuserdata(L, NULL); // facade null
    lua_setfield(L, -2, "null");    // facade
}
