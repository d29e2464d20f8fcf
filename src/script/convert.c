#include "script/convert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/freeze.h"
#include "script/machine.h"

#define BYTES_A_CHARGE 4
#define NODE_CHARGE 32 // instructions that a value is worth, about

#define BOX_MT "tarmac.box"
#define PUSH_DEPTH_MAX 200
#define EXACT_MAX 9007199254740992.0 // 2^53: every integer below is a float

static const char list_key; // in the registry, and in a list's metatable

// --- boxes

static int box_close(lua_State *L)
{
    struct convert_box *box = luaL_checkudata(L, 1, BOX_MT);
    value_free(box->value);
    free(box->text);
    *box = (struct convert_box){NULL, NULL};
    return 0;
}

static const luaL_Reg box_meta[] = {
    {"__close", box_close},
    {"__gc", box_close},
    {NULL, NULL},
};

struct convert_box *convert_box(lua_State *L)
{
    luaL_checkstack(L, 4, NULL);
    struct convert_box *box = lua_newuserdatauv(L, sizeof(*box), 0); // box
    *box = (struct convert_box){NULL, NULL};
    luaL_setmetatable(L, BOX_MT);
    lua_toclose(L, -1);
    return box;
}

void convert_open(lua_State *L)
{
    luaL_newmetatable(L, BOX_MT);  // mt
    luaL_setfuncs(L, box_meta, 0); // mt
    lua_pop(L, 1);                 // -
    lua_createtable(L, 0, 2);      // mt
    lua_pushboolean(L, 1);         // mt true
    lua_rawsetp(L, -2, &list_key); // mt
    lua_pushboolean(L, 0);         // mt false
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &list_key); // -
}

// --- Lua -> value

// Where we are, from the innermost place outward.
struct place {
    const struct place *up;
    const char *key; // of a map; NULL: an index
    lua_Integer index;
};

struct reader {
    lua_State *L;
    const char *what;
    convert_stand_in *stand_in; // or NULL
    size_t nodes, bytes;
    struct err *err;
};

static void write_place(const struct place *place, struct buf *out)
{
    if (!place)
        return;
    write_place(place->up, out);
    if (place->key)
        buf_printf(out, ".%s", place->key);
    else
        buf_printf(out, "[%lld]", (long long)place->index);
}

static struct value *refuse(struct reader *r, const struct place *place,
                            const char *why)
{
    struct buf path;
    buf_init(&path, ERR_TEXT_MAX / 2);
    write_place(place, &path);
    char *text = text_printable(path.data, path.len, ERR_TEXT_MAX / 2);
    err_set(r->err, ERR_RECIPE, "%s%s: %s", r->what, text, why);
    free(text);
    buf_free(&path);
    return NULL;
}

static bool is_text(const char *s, size_t len)
{
    for (const char *end = s + len; s <= end; s += strlen(s) + 1) {
        if (!text_is_utf8(s, strlen(s)))
            return false;
    }
    return true;
}

static struct value *read_number(struct reader *r, const struct place *place)
{
    if (lua_isinteger(r->L, -1))
        return value_int(lua_tointeger(r->L, -1));
    lua_Number x = lua_tonumber(r->L, -1);
    if (!isfinite(x))
        return refuse(r, place, "not a finite number");
    if (floor(x) == x && fabs(x) <= EXACT_MAX)
        return value_int((int64_t)x);
    return value_real(x);
}

static struct value *read_any(struct reader *r, const struct place *place,
                              int depth);

static struct value *read_list(struct reader *r, const struct place *place,
                               int depth, lua_Integer n)
{
    struct value *list = value_list();
    for (lua_Integer i = 1; i <= n; i++) {
        struct place at = {place, NULL, i};
        lua_rawgeti(r->L, -1, i); // t v
        struct value *item = read_any(r, &at, depth + 1);
        lua_pop(r->L, 1); // t
        if (!item) {
            value_free(list);
            return NULL;
        }
        value_add(list, item);
    }
    return list;
}

static int compare_members(const void *a, const void *b)
{
    const struct value_member *left = a, *right = b;
    return strcmp(left->key, right->key);
}

static struct value *read_map(struct reader *r, const struct place *place,
                              int depth)
{
    lua_State *L = r->L;
    struct value *map = value_map();
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { // t k v
        size_t len;
        const char *key = lua_tolstring(L, -2, &len); // it is a string
        struct place at = {place, key, 0};
        r->bytes += len;
        struct value *item = strlen(key) == len && text_is_utf8(key, len)
                                 ? read_any(r, &at, depth + 1)
                                 : refuse(r, place, "a key that is not a text");
        if (!item) {
            lua_pop(L, 2); // t
            value_free(map);
            return NULL;
        }
        // Not value_set(), which looks for the key: a table has it only once.
        value_push(map, key, (struct pos){0, 0}, item);
    }
    if (map->map.n)
        qsort(map->map.members, map->map.n, sizeof(*map->map.members),
              compare_members);
    return map;
}

bool convert_is_list(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index)) // mt
        return false;
    bool marked = lua_rawgetp(L, -1, &list_key) == LUA_TBOOLEAN; // mt m
    lua_pop(L, 2);                                               // -
    return marked;
}

static struct value *read_table(struct reader *r, const struct place *place,
                                int depth) // t
{
    lua_State *L = r->L;
    lua_Integer names = 0, indices = 0, last = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) { // t k v
        if (lua_type(L, -2) == LUA_TSTRING) {
            names++;
        } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
            indices++;
            if (lua_tointeger(L, -2) > last)
                last = lua_tointeger(L, -2);
        } else {
            lua_pop(L, 2); // t
            return refuse(r, place,
                          "a key that is neither a text nor a "
                          "place in a list");
        }
    }
    if (names && indices)
        return refuse(r, place, "a table with both a list and named fields");
    if (last != indices)
        return refuse(r, place, "a list with holes");
    if (indices || (!names && convert_is_list(L, -1)))
        return read_list(r, place, depth, indices);
    return read_map(r, place, depth);
}

static struct value *take_stand_in(struct reader *r, const struct place *place,
                                   int depth, struct value *other)
{
    if (depth == 1)
        return other;
    value_free(other);
    return refuse(r, place,
                  "a clip stands in a field of its own, as in video = clip");
}

static struct value *read_any(struct reader *r, const struct place *place,
                              int depth) // v
{
    lua_State *L = r->L;
    int type = lua_type(L, -1);
    if (type == LUA_TTABLE && depth >= CONVERT_DEPTH_MAX)
        return refuse(r, place, "nested too deeply");
    if (++r->nodes > CONVERT_NODES_MAX)
        return refuse(r, place, "too many values");
    if (r->bytes > CONVERT_BYTES_MAX)
        return refuse(r, place, "too much text");
    if (!lua_checkstack(L, 8))
        return refuse(r, place, "not enough memory");
    if (type == LUA_TBOOLEAN)
        return value_bool(lua_toboolean(L, -1));
    if (type == LUA_TNUMBER)
        return read_number(r, place);
    if (type == LUA_TLIGHTUSERDATA && !lua_touserdata(L, -1))
        return value_null();
    if (type == LUA_TSTRING) {
        size_t len;
        const char *s = lua_tolstring(L, -1, &len);
        r->bytes += len;
        if (r->bytes > CONVERT_BYTES_MAX)
            return refuse(r, place, "too much text");
        return is_text(s, len) ? value_strn(s, len)
                               : refuse(r, place, "a text that is not UTF-8");
    }
    if (type == LUA_TTABLE) {
        struct value *other = r->stand_in ? r->stand_in(L, -1) : NULL;
        if (other)
            return take_stand_in(r, place, depth, other);
        bool view = freeze_behind(L, -1); // v | v real
        struct value *v = read_table(r, place, depth);
        lua_pop(L, view ? 1 : 0); // v
        return v;
    }
    char *why = xasprintf("a %s cannot be used", lua_typename(L, type));
    refuse(r, place, why);
    free(why);
    return NULL;
}

struct value *convert_read(lua_State *L, int index, const char *what,
                           struct err *err)
{
    return convert_read_members(L, index, what, NULL, err);
}

struct value *convert_read_members(lua_State *L, int index, const char *what,
                                   convert_stand_in *stand_in, struct err *err)
{
    struct reader r = {.L = L, .what = what, .stand_in = stand_in, .err = err};
    if (!lua_checkstack(L, 2))
        return refuse(&r, NULL, "not enough memory");
    lua_pushvalue(L, index); // v
    struct value *v = read_any(&r, NULL, 0);
    lua_pop(L, 1); // -
    machine_charge(machine_of(L),
                   (int64_t)(r.nodes * NODE_CHARGE + r.bytes / BYTES_A_CHARGE));
    return v;
}

// --- value -> Lua

void convert_mark_list(lua_State *L)
{
    luaL_checkstack(L, 1, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &list_key); // t mt
    lua_setmetatable(L, -2);                      // t
}

// `frozen` is what a message calls the whole, or NULL.
static void push_any(lua_State *L, const struct value *v, const char *frozen,
                     int depth)
{
    luaL_checkstack(L, 8, NULL);
    if (depth > PUSH_DEPTH_MAX)
        luaL_error(L, "a value nested too deeply");
    switch (v->type) {
    case VALUE_NULL:
        lua_pushlightuserdata(L, NULL);
        return;
    case VALUE_BOOL:
        lua_pushboolean(L, v->boolean);
        return;
    case VALUE_INT:
        lua_pushinteger(L, v->integer);
        return;
    case VALUE_REAL:
        lua_pushnumber(L, v->real);
        return;
    case VALUE_STRING:
        lua_pushlstring(L, v->string.bytes, v->string.len);
        return;
    case VALUE_LIST:
        lua_createtable(L, (int)v->list.n, 0); // t
        for (size_t i = 0; i < v->list.n; i++) {
            push_any(L, v->list.items[i], frozen, depth + 1); // t item
            lua_rawseti(L, -2, (lua_Integer)i + 1);           // t
        }
        convert_mark_list(L);
        break;
    case VALUE_MAP:
        lua_createtable(L, 0, (int)v->map.n); // t
        for (size_t i = 0; i < v->map.n; i++) {
            const struct value_member *member = &v->map.members[i];
            if (frozen && member->value->type == VALUE_NULL)
                continue;
            push_any(L, member->value, frozen, depth + 1); // t item
            lua_setfield(L, -2, member->key);              // t
        }
        break;
    }
    if (frozen)
        freeze(L, frozen);
}

void convert_push(lua_State *L, const struct value *v)
{
    luaL_checkstack(L, 1, NULL);
    if (v)
        push_any(L, v, NULL, 0);
    else
        lua_pushnil(L);
}

void convert_push_frozen(lua_State *L, const struct value *v, const char *what)
{
    luaL_checkstack(L, 1, NULL);
    if (v)
        push_any(L, v, what, 0);
    else
        lua_pushnil(L);
}
