// What lua/testing.lua is made of, inside the machine of a recipe's tests.

#include "script/testing_inside.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/bounded.h"
#include "script/convert.h"
#include "script/embedded.h"
#include "script/raise.h"
#include "script/sandbox.h"

#define TESTS_MAX 10000
#define NAME_MAX_BYTES 200
#define LOCALS_MAX 200

static const char testing_key; // in the registry: the struct testing
const char testing_tests_key, testing_answer_key;

struct testing *testing_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &testing_key); // t
    struct testing *t = lua_touserdata(L, -1);
    lua_pop(L, 1); // -
    return t;
}

// --- where a test is

// The innermost call that is neither of C nor ours.
static bool find_caller(lua_State *L, lua_Debug *ar)
{
    for (int level = 1; lua_getstack(L, level, ar); level++) {
        lua_getinfo(L, "Sl", ar);
        if (ar->currentline > 0 && !raise_is_own(ar->source))
            return true;
    }
    return false;
}

// Push "file:line: " of it; a tail call leaves no line.
static void push_place(lua_State *L, const struct testing *t)
{
    lua_Debug ar;
    if (find_caller(L, &ar))
        lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
    else
        lua_pushfstring(L, "%s: ", t->file->chunk + 1);
}

// What the function of `ar` sees, by name, into the table on top.
static void push_locals(lua_State *L, lua_Debug *ar)
{
    const char *name;
    luaL_checkstack(L, 6, NULL);
    lua_getinfo(L, "f", ar); // t fn
    for (int i = 1; i <= LOCALS_MAX && (name = lua_getupvalue(L, -1, i)); i++)
        lua_setfield(L, -3, name); // t fn
    lua_pop(L, 1);                 // t
    for (int i = 1; i <= LOCALS_MAX && (name = lua_getlocal(L, ar, i)); i++)
        lua_setfield(L, -2, name); // t
}

// caller() -> its line in the file of the tests, or 0; a table of its locals
static int prim_caller(lua_State *L)
{
    const struct testing *t = testing_of(L);
    lua_Debug ar;
    lua_settop(L, 0);
    lua_newtable(L); // locals
    lua_Integer line = 0;
    if (find_caller(L, &ar)) {
        push_locals(L, &ar);
        if (strcmp(ar.source, t->file->chunk) == 0)
            line = ar.currentline;
    }
    lua_pushinteger(L, line); // locals line
    lua_insert(L, 1);         // line locals
    return 2;
}

// line(n) -> that line of the file; nil: there is none
static int prim_line(lua_State *L)
{
    const struct module *file = testing_of(L)->file;
    lua_Integer n = luaL_checkinteger(L, 1);
    const char *at = file->text, *end = file->text + file->len;
    for (; n > 1 && at < end; n--) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    if (n < 1 || at == end)
        return 0;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    lua_pushlstring(L, at, (size_t)((newline ? newline : end) - at));
    return 1;
}

// fail(text, lines): an expectation that does not hold
static int prim_fail(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    push_place(L, testing_of(L));
    lua_pushvalue(L, 1);
    lua_concat(L, 2);                  // text lines message
    lua_createtable(L, 0, 3);          // text lines message e
    lua_insert(L, 2);                  // text e lines message
    lua_setfield(L, 2, "message");     // text e lines
    lua_setfield(L, 2, "lines");       // text e
    lua_pushliteral(L, "expectation"); // text e kind
    lua_setfield(L, 2, "kind");        // text e
    return lua_error(L);
}

// mistake(text): how a function of ours was called
static int prim_mistake(lua_State *L)
{
    return raise_mistake(L, "%s", luaL_checkstring(L, 1));
}

// print(...): one line for people
static int prim_print(lua_State *L)
{
    bounded_line(L); // … text
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    char *shown = text_printable(text, len, TESTING_MESSAGE_MAX);
    log_info("%s", shown);
    free(shown);
    return 0;
}

// --- tests

// test(name, fn)
static int prim_test(lua_State *L)
{
    struct testing *t = testing_of(L);
    size_t len = 0;
    const char *name =
        lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (!name || len == 0 || len > NAME_MAX_BYTES || !text_is_utf8(name, len))
        return raise_mistake(L, "test: its name is a text of 1 to %d bytes",
                             NAME_MAX_BYTES);
    if (!lua_isfunction(L, 2))
        return raise_mistake(L, "test '%s' has no function", name);
    if (t->loaded)
        return raise_mistake(L, "test '%s' is inside another one", name);
    if (t->n == TESTS_MAX)
        return raise_mistake(L, "more than %d tests", TESTS_MAX);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &testing_tests_key); // name fn tests
    lua_pushvalue(L, 2);                                   // name fn tests fn
    lua_rawseti(L, -2, (lua_Integer)t->n + 1);             // name fn tests
    t->names = xreallocarray(t->names, t->n + 1, sizeof(*t->names));
    t->names[t->n++] = text_printable(name, len, NAME_MAX_BYTES);
    return 0;
}

static int recipe_done(lua_State *L, int status, lua_KContext context)
{
    (void)status, (void)context;
    struct testing *t = testing_of(L);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &testing_answer_key);
    if (t->wrong.kind != ERR_NONE) {
        lua_pushstring(L, t->wrong.text);
        return lua_error(L);
    }
    if (!t->result) {
        push_place(L, t);
        lua_pushstring(L, t->err.text);
        lua_concat(L, 2); // … message
        return raise_world(L, t->err.kind, "recipe", lua_tostring(L, -1), NULL);
    }
    convert_push(L, t->result);
    return 1;
}

// recipe(order, answer) -> what came of it
static int prim_recipe(lua_State *L)
{
    struct testing *t = testing_of(L);
    lua_settop(L, 2);
    if (!t->co || !lua_isyieldable(L))
        return raise_mistake(L, "a recipe is run by a test, and not inside a "
                                "function that cannot wait");
    struct err err;
    struct value *order = convert_read(L, 1, "recipe", &err);
    if (!order)
        return raise_mistake(L, "%s", err.text);
    value_free(t->order);
    t->order = order;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &testing_answer_key);
    return co_wait(L, &t->waits, recipe_done, NULL);
}

static const luaL_Reg primitives[] = {
    {"caller", prim_caller},   {"fail", prim_fail},   {"line", prim_line},
    {"mistake", prim_mistake}, {"print", prim_print}, {"recipe", prim_recipe},
    {"test", prim_test},       {NULL, NULL},
};

// --- the machine

void testing_push_functions(lua_State *L)
{
    const struct testing *t = testing_of(L);
    size_t len;
    struct err err;
    struct convert_box *box = convert_box(L); // box
    box->text = embedded_read(t->modules.lua_dir, "testing", &len, &err);
    if (!box->text)
        luaL_error(L, "%s", err.text);
    sandbox_plain_environment(L); // box env
    if (!sandbox_load(L, box->text, len, SCRIPT_OWN_CHUNK " testing.lua", -1))
        lua_error(L);           // box env fn
    luaL_newlib(L, primitives); // box env fn prim
    lua_call(L, 1, 1);          // box env functions
}

void testing_open(lua_State *L, struct testing *t)
{
    lua_pushlightuserdata(L, t);                     // t
    lua_rawsetp(L, LUA_REGISTRYINDEX, &testing_key); // -
    lua_newtable(L);                                 // tests
    lua_rawsetp(L, LUA_REGISTRYINDEX, &testing_tests_key);
}
