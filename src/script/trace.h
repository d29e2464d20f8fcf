// The calls that led to an error, for people: one line a call, innermost first.
//
//     s.lua:3: in upvalue 'f'
//     s.lua:4: in the cell's function

#pragma once

#include <lua.h>

// For a message handler: the calls above it, without those of C and of our own
// Lua, and without the middle where they are many. `what` ("cell") names the
// outermost function. Lines end with a newline, but the last; owned. NULL when
// there is not more than one. Neither raises nor allocates in Lua. [-0, +0, -]
char *trace_text(lua_State *L, const char *what);
