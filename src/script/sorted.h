// `pairs` and `next` in the order of the keys: numbers ascending, then texts by
// their bytes, then false and true. Lua's own order differs between processes.
// A key of another type has no order and raises.
//
// And a stable table.sort(): Lua's own asks the clock for a pivot, so that
// equal elements may come out in another order in another run.

#pragma once

#include <lua.h>

int sorted_pairs(lua_State *L); // lua_CFunction
int sorted_next(lua_State *L);  // lua_CFunction
int sorted_sort(lua_State *L);  // lua_CFunction; the length was checked
