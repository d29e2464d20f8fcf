// require: Lua files below the recipe's folder, and the embedded ones. Each is
// read once a run and instantiated once a cell.

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "script/convert.h"
#include "script/embedded.h"
#include "script/internal.h"
#include "script/job.h"
#include "script/raise.h"
#include "script/sandbox.h"

#define MODULES_MAX 1000
#define NAME_MAX_BYTES 200

void module_free(struct module *module)
{
    if (!module)
        return;
    free(module->name);
    free(module->chunk);
    free(module->text);
    free(module);
}

// "a.b" -> "a/b"; NULL for what is not a module's name.
static char *module_path(const char *name, size_t len)
{
    if (len == 0 || len > NAME_MAX_BYTES || strlen(name) != len ||
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789_-.") != len)
        return NULL;
    char *path = xstrdup(name);
    for (char *p = path; *p; p++) {
        if (*p == '.')
            *p = '/';
    }
    if (path_is_safe(path))
        return path;
    free(path);
    return NULL;
}

// Read a module that no cell has asked for yet.
static bool read_module(const struct script *script, struct module *module,
                        const char *path, struct err *err)
{
    char *rel = xasprintf("%s.lua", path);
    char *real = NULL;
    bool ok =
        !script->recipe_dir || path_below(script->recipe_dir, rel, &real, err);
    if (ok && real) {
        module->chunk = xasprintf("@%s", rel);
        module->text = file_read(real, SANDBOX_SOURCE_MAX, &module->len, err);
    } else if (ok && embedded_find(path)) {
        module->chunk = xasprintf(SCRIPT_OWN_CHUNK " %s", rel);
        module->text = embedded_read(script->lua_dir, path, &module->len, err);
    } else if (ok) {
        err_set(err, ERR_RECIPE, "there is no %s beside the recipe", rel);
    }
    free(real);
    free(rel);
    return module->text;
}

static const struct module *find_module(struct script *script, const char *name,
                                        size_t len, struct err *err)
{
    size_t n = 0;
    struct module **link = &script->modules;
    for (; *link; link = &(*link)->next, n++) {
        if (strcmp((*link)->name, name) == 0 && strlen(name) == len)
            return *link;
    }
    char *path = module_path(name, len);
    if (!path || n >= MODULES_MAX) {
        err_set(err, ERR_RECIPE,
                path ? "too many modules"
                     : "a module's name is letters, digits, '_' and '-', with "
                       "'.' between folders");
        free(path);
        return NULL;
    }
    struct module *module = xcalloc(1, sizeof(*module));
    module->name = xstrdup(name);
    if (read_module(script, module, path, err)) {
        *link = module;
    } else {
        module_free(module);
        module = NULL;
    }
    free(path);
    return module;
}

// Upvalues of `require`: what is loaded, and by which job what is being loaded,
// by name.
enum { UP_ENV = 1, UP_LOADED, UP_LOADING, UP_SCRIPT };

#define LOADING_MT "tarmac.loading"

// __close of {loading, name}: however it ended, nobody loads it any more.
static int loading_close(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_rawgeti(L, 1, 1); // mark loading
    lua_rawgeti(L, 1, 2); // mark loading name
    lua_pushnil(L);       // mark loading name nil
    lua_rawset(L, 2);
    return 0;
}

// Until the function that called this ends. [-0, +1, m]
static void mark_loading(lua_State *L, struct script_job *job) // name
{
    lua_createtable(L, 2, 0);                       // name mark
    lua_pushvalue(L, lua_upvalueindex(UP_LOADING)); // name mark loading
    lua_rawseti(L, 2, 1);                           // name mark
    lua_pushvalue(L, 1);                            // name mark name
    lua_rawseti(L, 2, 2);                           // name mark
    luaL_setmetatable(L, LOADING_MT);               // name mark
    lua_pushvalue(L, 1);                            // name mark name
    lua_pushlightuserdata(L, job);                  // name mark name job
    lua_rawset(L, lua_upvalueindex(UP_LOADING));    // name mark
    lua_toclose(L, 2);
}

static void check_loading(lua_State *L, struct script_job *job) // name
{
    lua_pushvalue(L, 1);                                    // name name
    int type = lua_rawget(L, lua_upvalueindex(UP_LOADING)); // name loader
    const char *name = lua_tostring(L, 1);
    if (type != LUA_TNIL && lua_touserdata(L, -1) == job)
        raise_mistake(L, "require: '%s' needs itself", name);
    else if (type != LUA_TNIL)
        raise_mistake(L,
                      "require: another job of this cell still loads '%s'; "
                      "require it before they are spawned",
                      name);
    lua_pop(L, 1); // name
}

static int require_done(lua_State *L, int status, lua_KContext ctx)
{
    (void)status, (void)ctx; // name mark result
    if (lua_isnil(L, 3)) {
        lua_pushboolean(L, 1);
        lua_replace(L, 3);
    }
    lua_pushvalue(L, 1);                        // name mark result name
    lua_pushvalue(L, 3);                        // name mark result name result
    lua_rawset(L, lua_upvalueindex(UP_LOADED)); // name mark result
    return 1;
}

static int require(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);
    struct script *script = lua_touserdata(L, lua_upvalueindex(UP_SCRIPT));
    struct script_job *job = co_peek(L);
    lua_settop(L, 1);
    lua_pushvalue(L, 1); // name name
    if (lua_rawget(L, lua_upvalueindex(UP_LOADED)) != LUA_TNIL)
        return 1;
    lua_pop(L, 1); // name
    check_loading(L, job);
    struct err err;
    const struct module *module = find_module(script, name, len, &err);
    if (!module)
        return raise_mistake(L, "require '%s': %s", name, err.text);
    if (job)
        cell_note_module(job->cell, module);
    mark_loading(L, job); // name mark
    if (!sandbox_load(L, module->text, module->len, module->chunk,
                      lua_upvalueindex(UP_ENV)))
        return lua_error(L); // "file:line: …"
    lua_pushvalue(L, 1);     // name mark chunk name
    lua_callk(L, 1, 1, 0, require_done);
    return require_done(L, LUA_OK, 0);
}

void modules_push_require(lua_State *L, struct script *script)
{
    luaL_checkstack(L, 6, NULL);
    if (luaL_newmetatable(L, LOADING_MT)) { // env mt
        lua_pushcfunction(L, loading_close);
        lua_setfield(L, -2, "__close");
    }
    lua_pop(L, 1);                    // env
    lua_pushvalue(L, -1);             // env env
    lua_newtable(L);                  // env env loaded
    lua_newtable(L);                  // env env loaded loading
    lua_pushlightuserdata(L, script); // env env loaded loading script
    lua_pushcclosure(L, require, 4);  // env require
}
