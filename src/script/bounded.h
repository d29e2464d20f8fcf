// Library functions with a bound put before them, because the instruction
// budget does not see what happens inside one call of C.

#pragma once

#include <lua.h>

// Replace functions of a library, which is on top of the stack. [-0, +0, m]
void bounded_base(lua_State *L);
void bounded_string(lua_State *L);
void bounded_table(lua_State *L);
void bounded_utf8(lua_State *L);

// tostring() that shows no address, which would differ between processes.
// [-0, +1, e]
void bounded_tostring(lua_State *L, int index);
// The arguments of the function, in that way, with spaces between. [-0, +1, e]
void bounded_line(lua_State *L);
