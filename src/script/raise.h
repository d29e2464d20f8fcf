// How functions of C raise: a mistake of the caller as a text with its place, a
// trouble of the world as a table {kind, message, task_id} that pcall() of a
// script can read.

#pragma once

#include <stdbool.h>

#include <lua.h>

#include "base/err.h"

// Prepare a new state: once, before the others. [-0, +0, m]
void raise_open(lua_State *L);

// "orbit.lua:7: …", where 7 is the line of the script that led here; without
// a line where only tail calls did. The format
// is lua_pushfstring()'s. Does not return.
int raise_mistake(lua_State *L, const char *fmt, ...);

// `task_id` may be NULL; the texts are copied. Does not return.
int raise_world(lua_State *L, enum err_kind err, const char *kind,
                const char *message, const char *task_id);

// Is a chunk of this name (lua_Debug's `source`) one of ours?
bool raise_is_own(const char *chunk);

// The err_kind that the value at `index` was raised with; false when it is not
// one of ours. Needs two slots. [-0, +0, -]
bool raise_kind(lua_State *L, int index, enum err_kind *err);
