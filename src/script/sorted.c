#include "script/sorted.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/freeze.h"
#include "script/machine.h"

// In instructions, about, for one element of many.
#define SORT_CHARGE 32
#define MERGE_CHARGE 8
#define NEXT_CHARGE 8
#define BYTES_A_CHARGE 4 // of texts that are compared

struct key {
    int type;            // LUA_TNUMBER < LUA_TSTRING < LUA_TBOOLEAN, see rank()
    bool is_integer;     // of a number
    lua_Integer integer; // or the boolean
    lua_Number number;
    const char *text; // Lua's, anchored by the caller
    size_t len;
    lua_Integer at; // where the key itself is
};

static int rank(int type)
{
    return type == LUA_TNUMBER ? 0 : type == LUA_TSTRING ? 1 : 2;
}

// An integer against a float that is not NaN, exactly.
static int compare_mixed(lua_Integer i, lua_Number n)
{
    if (n >= 0x1p63)
        return -1;
    if (n < -0x1p63)
        return 1;
    lua_Integer whole = (lua_Integer)n;
    if (i != whole)
        return i < whole ? -1 : 1;
    lua_Number rest = n - (lua_Number)whole;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

static int compare_numbers(const struct key *a, const struct key *b)
{
    if (a->is_integer && b->is_integer)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->is_integer)
        return compare_mixed(a->integer, b->number);
    if (b->is_integer)
        return -compare_mixed(b->integer, a->number);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_keys(const void *pa, const void *pb)
{
    const struct key *a = pa, *b = pb;
    if (a->type != b->type)
        return rank(a->type) - rank(b->type);
    if (a->type == LUA_TNUMBER)
        return compare_numbers(a, b);
    if (a->type == LUA_TBOOLEAN)
        return (int)(a->integer - b->integer);
    int c = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
    return c ? c : (a->len > b->len) - (a->len < b->len);
}

// The key on top of the stack, which stays there.
static void read_key(lua_State *L, struct key *key)
{
    memset(key, 0, sizeof(*key));
    key->type = lua_type(L, -1);
    if (key->type == LUA_TNUMBER) {
        key->is_integer = lua_isinteger(L, -1);
        key->integer = key->is_integer ? lua_tointeger(L, -1) : 0;
        key->number = lua_tonumber(L, -1);
    } else if (key->type == LUA_TSTRING) {
        key->text = lua_tolstring(L, -1, &key->len);
    } else if (key->type == LUA_TBOOLEAN) {
        key->integer = lua_toboolean(L, -1);
    } else {
        luaL_error(L, "a table with %s key has no order to go through it in",
                   luaL_typename(L, -1));
    }
}

// Push the keys of the table at `t` as a sorted list. [-0, +1, m]
static void push_sorted(lua_State *L, int t)
{
    lua_newtable(L); // keys
    lua_Integer n = 0;
    for (lua_pushnil(L); lua_next(L, t); n++) { // keys k v
        lua_pop(L, 1);                          // keys k
        lua_pushvalue(L, -1);                   // keys k k
        lua_rawseti(L, -3, n + 1);              // keys k
    }
    struct key *all = // keys all
        lua_newuserdatauv(L, (size_t)(n + 1) * sizeof(*all), 0);
    int64_t bytes = 0;
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -2, i + 1); // keys all k
        read_key(L, &all[i]);
        all[i].at = i + 1;
        bytes += (int64_t)all[i].len;
        lua_pop(L, 1); // keys all
    }
    machine_charge(machine_of(L), n * SORT_CHARGE + bytes / BYTES_A_CHARGE);
    qsort(all, (size_t)n, sizeof(*all), compare_keys);
    lua_createtable(L, n < 1 << 20 ? (int)n : 0, 0); // keys all sorted
    for (lua_Integer i = 0; i < n; i++) {
        lua_rawgeti(L, -3, all[i].at); // keys all sorted k
        lua_rawseti(L, -2, i + 1);     // keys all sorted
    }
    lua_replace(L, -3); // sorted all
    lua_pop(L, 1);      // sorted
}

// Upvalues: table, sorted keys, how many were visited. Keys that have lost
// their value since are passed over.
static int step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));
    for (;;) {
        at++;
        if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL) // k
            return 1;
        lua_pushvalue(L, -1); // k k
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;     // k v
        lua_pop(L, 2); // -
    }
    lua_pushinteger(L, at); // k v at
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

static int pairs_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)L, (void)status, (void)ctx;
    return 3;
}

int sorted_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) { // … fn
        lua_pushvalue(L, 1);                              // … fn t
        lua_callk(L, 1, 3, 0, pairs_done);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!freeze_behind(L, 1))
        lua_pushvalue(L, 1);      // t real
    push_sorted(L, 2);            // t real keys
    lua_pushinteger(L, 0);        // t real keys 0
    lua_pushcclosure(L, step, 3); // t step
    lua_insert(L, 1);             // step t: not the real one, which is writable
    lua_pushnil(L);               // step t nil
    return 3;
}

// Without memory of its own, so every step looks at every key.
int sorted_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (freeze_behind(L, 1))
        lua_replace(L, 1); // t k
    struct key from, best, key;
    bool first = lua_isnil(L, 2), found = false;
    int64_t charge = 0;
    if (!first)
        read_key(L, &from);
    lua_pushnil(L);                                       // t k best
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) { // t k best i v
        lua_pushvalue(L, -2);                             // t k best i v i
        read_key(L, &key);
        charge += NEXT_CHARGE + (int64_t)key.len / BYTES_A_CHARGE;
        bool later = first || compare_keys(&key, &from) > 0;
        if (later && (!found || compare_keys(&key, &best) < 0)) {
            best = key;
            found = true;
            lua_replace(L, 3); // t k best i v
        } else {
            lua_pop(L, 1); // t k best i v
        }
    }
    machine_charge(machine_of(L), charge);
    if (!found)
        return 1; // the nil
    lua_pushvalue(L, 3);
    lua_rawget(L, 1); // t k best v
    return 2;
}

// --- table.sort(list [, before])

enum { LIST = 1, BEFORE, FROM, TO }; // where things are on the stack

// Is the second value from the top before the first? Leaves both.
static bool is_before(lua_State *L)
{
    if (lua_isnil(L, BEFORE))
        return lua_compare(L, -2, -1, LUA_OPLT);
    lua_pushvalue(L, BEFORE); // a b fn
    lua_pushvalue(L, -3);     // a b fn a
    lua_pushvalue(L, -3);     // a b fn a b
    lua_call(L, 2, 1);        // a b result
    bool before = lua_toboolean(L, -1);
    lua_pop(L, 1); // a b
    return before;
}

// Merge [at, middle) and [middle, end) of FROM into TO.
static void merge(lua_State *L, lua_Integer at, lua_Integer middle,
                  lua_Integer end)
{
    lua_Integer left = at, right = middle;
    for (; at < end; at++) {
        bool take_right = left == middle;
        if (left < middle && right < end) {
            lua_rawgeti(L, FROM, right); // r
            lua_rawgeti(L, FROM, left);  // r l
            take_right = is_before(L);
            lua_pop(L, 2); // -
        }
        lua_rawgeti(L, FROM, take_right ? right++ : left++); // v
        lua_rawseti(L, TO, at);                              // -
    }
}

int sorted_sort(lua_State *L)
{
    luaL_checktype(L, LIST, LUA_TTABLE);
    if (!lua_isnoneornil(L, BEFORE))
        luaL_checktype(L, BEFORE, LUA_TFUNCTION);
    lua_settop(L, BEFORE);
    lua_Integer n = luaL_len(L, LIST);
    lua_newtable(L); // list before from
    lua_newtable(L); // list before from to
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, LIST, i);
        lua_rawseti(L, FROM, i);
    }
    for (lua_Integer width = 1; width < n; width *= 2) {
        machine_spend(L, n * MERGE_CHARGE);
        for (lua_Integer at = 1; at <= n; at += 2 * width) {
            lua_Integer middle = at + width <= n ? at + width : n + 1;
            lua_Integer end = middle + width <= n ? middle + width : n + 1;
            merge(L, at, middle, end);
        }
        lua_insert(L, FROM); // what was written is read next
    }
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, FROM, i);
        lua_seti(L, LIST, i);
    }
    return 0;
}
