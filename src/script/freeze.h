// Read-only tables: an empty table whose metatable leads to the real one. What
// is shared between cells, and what a script must not change, is handed out
// like this; `pairs`, `next`, `#` and the converter look through it.

#pragma once

#include <stdbool.h>

#include <lua.h>

// Replace the table on top by its read-only view; writing raises
// "<what> is read-only". [-1, +1, m]
void freeze(lua_State *L, const char *what);

// The same, with a function of its own for writes. [-2, +1, m]: table, function
void freeze_with(lua_State *L);

// Push the table behind the view at `index`; false, and nothing pushed, when
// there is none. [-0, +(0|1), -]
bool freeze_behind(lua_State *L, int index);

// Attach a private pointer and number to the view on top of the stack, and read
// them back (false when `index` has none). Scripts can neither see nor make
// them. `key` is the address of a static. [-0, +0, m] and [-0, +0, -]
void freeze_tag(lua_State *L, const void *key, void *pointer, lua_Integer n);
bool freeze_tagged(lua_State *L, int index, const void *key, void **pointer,
                   lua_Integer *n);
