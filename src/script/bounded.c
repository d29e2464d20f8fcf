#include "script/bounded.h"

#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "script/machine.h"
#include "script/sorted.h"

#define SUBJECT_MAX ((size_t)1 << 20) // bytes that a pattern may look at
#define PATTERN_MAX 256u
#define REPEATS_MAX 8
#define MATCH_STEPS_MAX 2e8
#define SEARCH_STEPS_MAX 1e10
#define ELEMENTS_MAX 10000000 // of a table, that one call may move

// Charges, in instructions, about. The two ceilings are what a call takes at
// worst, which is seldom.
#define MATCH_STEPS_A_CHARGE 64
#define SEARCH_STEPS_A_CHARGE 64
#define ELEMENT_CHARGE 8
#define BYTES_A_CHARGE 4 // of a text that is read character by character

// The function that is bounded. Called in place of ours, in the same frame, so
// that its messages name the right function and line.
static int pass(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

// --- patterns

struct shape {
    int repeats;  // * + - ?
    int open;     // of them, those without an upper end; and %b
    int optional; // ?
    int copies;   // %1 to %9
    bool anchored;
};

// A repetition that ends the pattern cannot be asked for another length.
static bool ends(const char *p, size_t len, size_t at)
{
    while (++at < len && p[at] == ')')
        continue;
    return at >= len;
}

static struct shape pattern_shape(const char *p, size_t len)
{
    struct shape shape = {.anchored = len > 0 && p[0] == '^'};
    bool set = false;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '%') {
            i++; // the next one means itself or a class
            shape.open += i < len && !set && p[i] == 'b';
            shape.copies += i < len && !set && p[i] >= '1' && p[i] <= '9';
        } else if (set) {
            set = p[i] != ']';
        } else if (p[i] == '[') {
            set = true;
            if (i + 1 < len && p[i + 1] == '^')
                i++;
            if (i + 1 < len && p[i + 1] == ']')
                i++; // a first ']' is one of the set
        } else if (strchr("*+-?", p[i]) && p[i] != '\0') {
            shape.repeats++;
            shape.optional += p[i] == '?';
            shape.open += p[i] != '?' && !ends(p, len, i);
        }
    }
    return shape;
}

// In how many ways the pattern's start and its open repetitions can share `len`
// bytes, and what each may cost, about.
static double match_steps(const struct shape *shape, size_t len, size_t plen)
{
    double n = 1 + (double)plen / 32;
    int shares = shape->open + !shape->anchored;
    for (int i = 1; i <= shares; i++)
        n = n * ((double)len + i) / i;
    for (int i = 0; i < shape->optional; i++)
        n *= 2;
    return shape->copies ? n * ((double)len + 1) : n;
}

static void check_pattern(lua_State *L)
{
    size_t len, plen;
    luaL_checklstring(L, 1, &len);
    const char *p = luaL_checklstring(L, 2, &plen);
    if (len > SUBJECT_MAX)
        luaL_error(L, "a text of %I bytes is too long for a pattern (%I)",
                   (LUAI_UACINT)len, (LUAI_UACINT)SUBJECT_MAX);
    if (plen > PATTERN_MAX)
        luaL_error(L, "a pattern of %I bytes is too long (%d)",
                   (LUAI_UACINT)plen, (int)PATTERN_MAX);
    struct shape shape = pattern_shape(p, plen);
    if (shape.repeats > REPEATS_MAX)
        luaL_error(L, "a pattern with %d repetitions has too many (%d)",
                   shape.repeats, REPEATS_MAX);
    double steps = match_steps(&shape, len, plen);
    if (steps > MATCH_STEPS_MAX)
        luaL_error(L,
                   "a text of %I bytes is too long for a pattern with %d "
                   "repetitions: it could take for ever",
                   (LUAI_UACINT)len, shape.repeats);
    machine_charge(machine_of(L), (int64_t)(steps / MATCH_STEPS_A_CHARGE));
}

// string.find() of a text, not a pattern: it may compare all of it everywhere.
static void check_search(lua_State *L)
{
    size_t len, plen;
    luaL_checklstring(L, 1, &len);
    luaL_checklstring(L, 2, &plen);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    if (from > 1)
        len -= (lua_Unsigned)from <= len ? (size_t)from - 1 : len;
    double steps = plen > len ? 0 : (double)(len - plen + 1) * (double)plen;
    if (steps > SEARCH_STEPS_MAX)
        luaL_error(L,
                   "a text of %I bytes is too long to find one of %I bytes in",
                   (LUAI_UACINT)len, (LUAI_UACINT)plen);
    machine_charge(machine_of(L), (int64_t)(steps / SEARCH_STEPS_A_CHARGE));
}

static int string_find(lua_State *L)
{
    if (lua_toboolean(L, 4)) // plain
        check_search(L);
    else
        check_pattern(L);
    return pass(L);
}

static int string_pattern(lua_State *L)
{
    check_pattern(L);
    return pass(L);
}

static int string_rep(lua_State *L)
{
    size_t len, seplen;
    luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &seplen);
    if (n <= 0 || len + seplen == 0) {
        lua_pushliteral(L, ""); // else it would count to n
        return 1;
    }
    size_t left = machine_memory_left(machine_of(L));
    if ((size_t)n > left / (len + seplen))
        return luaL_error(L,
                          "a text of %I bytes, %I times, is more than the "
                          "memory that is left%s",
                          (LUAI_UACINT)len, (LUAI_UACINT)n,
                          machine_memory_hint(machine_of(L)));
    machine_charge(machine_of(L), n);
    return pass(L);
}

// --- texts

void bounded_tostring(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    switch (lua_type(L, index)) {
    case LUA_TTABLE:
    case LUA_TFUNCTION:
    case LUA_TUSERDATA:
    case LUA_TTHREAD:
        if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
            lua_pop(L, 1);
            luaL_tolstring(L, index, NULL);
        } else {
            lua_pushstring(L, luaL_typename(L, index));
        }
        break;
    case LUA_TLIGHTUSERDATA:
        lua_pushliteral(L, "null");
        break;
    default:
        luaL_tolstring(L, index, NULL);
        break;
    }
}

static int string_format(lua_State *L)
{
    size_t len;
    const char *p = luaL_checklstring(L, 1, &len);
    const char *end = p + len; // where a NUL is, so *p may be read there
    int arg = 1;
    for (; p < end; p++) {
        if (*p != '%' || *++p == '%')
            continue;
        p += strspn(p, "-+ #0123456789.");
        arg++;
        if (*p == 'p')
            return luaL_error(L, "'%%p' shows an address, which is another "
                                 "one in every run");
        if (*p == 's' && arg <= lua_gettop(L)) {
            bounded_tostring(L, arg);
            lua_replace(L, arg);
        }
    }
    return pass(L);
}

// What goes through its first argument, if that is a text: tonumber, and
// string.pack, whose first one is a format.
static int text_reader(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        machine_charge(machine_of(L),
                       (int64_t)(lua_rawlen(L, 1) / BYTES_A_CHARGE));
    return pass(L);
}

// utf8.len and utf8.codepoint look at part of a text, utf8.offset at as many
// characters as it is told; all of it is the most.
static int utf8_reader(lua_State *L)
{
    size_t len;
    luaL_checklstring(L, 1, &len);
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer to = luaL_optinteger(L, 3, -1);
    lua_Integer all = (lua_Integer)len;
    from = from < 0 ? from + all + 1 : from;
    to = to < 0 ? to + all + 1 : to;
    if (from >= 1 && from <= to && to <= all)
        machine_charge(machine_of(L), (to - from + 1) / BYTES_A_CHARGE);
    return pass(L);
}

static int utf8_offset(lua_State *L)
{
    size_t len;
    luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2), all = (lua_Integer)len;
    lua_Integer steps = n > all || n < -all ? all : n < 0 ? -n : n;
    machine_charge(machine_of(L), steps / BYTES_A_CHARGE);
    return pass(L);
}

// --- tables

static void check_count(lua_State *L, lua_Integer n)
{
    if (n > ELEMENTS_MAX)
        luaL_error(L, "more than %d elements at once", ELEMENTS_MAX);
    machine_charge(machine_of(L), n > 0 ? n * ELEMENT_CHARGE : 0);
}

// insert, remove: what counts is the length, which __len may invent.
static int table_length(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    check_count(L, luaL_len(L, 1));
    return pass(L);
}

static int table_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    check_count(L, luaL_len(L, 1));
    return sorted_sort(L);
}

static void check_range(lua_State *L, lua_Integer from, lua_Integer to)
{
    if (to < from)
        return;
    lua_Unsigned n = (lua_Unsigned)to - (lua_Unsigned)from;
    check_count(L, n < ELEMENTS_MAX ? (lua_Integer)n + 1 : ELEMENTS_MAX + 1);
}

static int table_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer from = luaL_optinteger(L, 3, 1);
    lua_Integer to =
        lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    check_range(L, from, to);
    return pass(L);
}

static int table_move(lua_State *L)
{
    check_range(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
    return pass(L);
}

static int table_unpack(lua_State *L)
{
    lua_Integer from = luaL_optinteger(L, 2, 1);
    lua_Integer to =
        lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    check_range(L, from, to);
    return pass(L);
}

struct bound {
    const char *name;
    lua_CFunction with; // NULL: the function goes
};

static const struct bound string_bounds[] = {
    {"dump", NULL},
    {"find", string_find},
    {"format", string_format},
    {"gmatch", string_pattern},
    {"gsub", string_pattern},
    {"match", string_pattern},
    {"pack", text_reader},
    {"packsize", text_reader},
    {"rep", string_rep},
    {"unpack", text_reader},
};

static const struct bound base_bounds[] = {
    {"tonumber", text_reader},
};

static const struct bound utf8_bounds[] = {
    {"codepoint", utf8_reader},
    {"len", utf8_reader},
    {"offset", utf8_offset},
};

static const struct bound table_bounds[] = {
    {"concat", table_concat}, {"insert", table_length},
    {"move", table_move},     {"remove", table_length},
    {"sort", table_sort},     {"unpack", table_unpack},
};

static void apply(lua_State *L, const struct bound *bounds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bounds[i].with) {
            lua_getfield(L, -1, bounds[i].name);    // lib fn
            lua_pushcclosure(L, bounds[i].with, 1); // lib closure
        } else {
            lua_pushnil(L); // lib nil
        }
        lua_setfield(L, -2, bounds[i].name); // lib
    }
}

void bounded_base(lua_State *L)
{
    apply(L, base_bounds, sizeof(base_bounds) / sizeof(*base_bounds));
}

void bounded_utf8(lua_State *L)
{
    apply(L, utf8_bounds, sizeof(utf8_bounds) / sizeof(*utf8_bounds));
}

void bounded_string(lua_State *L)
{
    apply(L, string_bounds, sizeof(string_bounds) / sizeof(*string_bounds));
}

void bounded_table(lua_State *L)
{
    apply(L, table_bounds, sizeof(table_bounds) / sizeof(*table_bounds));
}

void bounded_line(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, ' ');
        bounded_tostring(L, i);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
}
