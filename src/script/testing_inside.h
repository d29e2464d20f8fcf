// What the files about recipes' tests share.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "script/co.h"
#include "script/internal.h"
#include "script/testing.h"

#define TESTING_MESSAGE_MAX 4096 // bytes

struct testing {
    struct testing_config config;
    char *only;
    // What modules need of a script, and no more of one.
    struct script modules;
    struct co_queue ready;
    struct module *file; // NULL: not loaded
    bool loaded;
    char **names;
    size_t n;
    // Of the test that runs.
    size_t at;
    struct co *co;
    struct co_op waits; // for its recipe
    struct machine_budget budget;
    struct value *order;  // of the recipe that is to be run; or NULL
    struct value *result; // what came of it; NULL: err
    struct err err;
    struct err wrong; // with its answers; kind ERR_NONE: nothing
};

// Keys of the registry: the tests' functions, a list; and the one that answers
// purchases of the recipe that runs, or nil.
extern const char testing_tests_key, testing_answer_key;

// Prepare a new state: once. [-0, +0, m]
void testing_open(lua_State *L, struct testing *t);
// What lua/testing.lua makes of the primitives: a table. [-0, +1, e]
void testing_push_functions(lua_State *L);
struct testing *testing_of(lua_State *L); // [-0, +0, -]
