// What the files of this room share of a script and of a running cell.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "data/value.h"
#include "script/co.h"
#include "script/machine.h"
#include "script/script.h"

// A text of Lua that was read: once a run, so that every cell gets the same.
struct module {
    struct module *next;
    char *name;  // "a.b"
    char *chunk; // for messages: "@a/b.lua"
    char *text;
    size_t len;
};

struct script {
    struct script_config config; // recipe_dir and lua_dir are the next two
    char *recipe_dir, *lua_dir;  // owned; lua_dir may be NULL
    struct machine *machine;
    struct co_queue ready;
    struct module *main; // what script_load() was given; or NULL
    struct module *modules;
    struct script_cell *cells; // that run
};

// A cell that runs: the argument of its task.
struct script_cell {
    struct script *script;
    struct script_cell *next, **link;
    struct co *co;
    struct machine_budget budget;
    uint64_t index;
    int take;
    char *name;
    struct value *vars, *request;
    void (*done)(void *arg, const struct script_result *result);
    void *arg;
    struct script_output *outputs; // once the script has returned
    size_t n;
};

// The same as script_new(), with another machine. For tests.
struct script *script_new_with(const struct script_config *config,
                               const struct machine_config *machine,
                               struct err *err);

// Chunk names of embedded files begin like this; raise_mistake() looks past
// them for the line to blame.
#define SCRIPT_OWN_CHUNK "=(tarmac)"

// modules.c: the function `require` of an environment, which is on top of the
// stack and stays there. [-0, +1, m]
void modules_push_require(lua_State *L, struct script *script);
void module_free(struct module *module); // NULL is fine

// cell.c
int cell_body(lua_State *L); // lua_CFunction of a cell's task
void cell_ended(void *arg, enum co_state state);
void script_cell_free(struct script_cell *cell);
