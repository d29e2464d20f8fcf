// What a script can reach: by omission. Text, tables, numbers, utf8, and no
// way to files, processes, the clock, the collector or another coroutine; and
// what is left is bounded and gives the same result in every process.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#define SANDBOX_SOURCE_MAX ((size_t)1 << 20) // bytes of one Lua file

// Prepare a new machine's state: once, before everything below. [-0, +0, m]
void sandbox_open(lua_State *L);

// A new environment over the shared library: replaces the table on top, whose
// fields come first (it may still be filled afterwards), by a read-only view;
// writing a global raises. "_G" and "load" are added. [-1, +1, m]
void sandbox_environment(lua_State *L);

// An environment of its own, for code that needs no more. [-0, +1, m]
void sandbox_plain_environment(lua_State *L);

// Compile a text to run in the environment at `env`; `name` is as the C API's
// chunk name ("@file.lua"). True with the function, false with the message, on
// top. Never runs it. [-0, +1, m]
bool sandbox_load(lua_State *L, const char *source, size_t len,
                  const char *name, int env);

// A math library with a random stream of its own. [-0, +1, m]
void sandbox_math(lua_State *L, lua_Integer seed);
