// JSON for Lua: lua-cjson decodes what was measured first, data/json encodes.

#pragma once

#include <lua.h>

#define JSON_FACADE_BYTES_MAX ((size_t)16 << 20)

// A table {decode = fn(text) -> value, encode = fn(value) -> text,
// list = fn(table) -> table marked as a list, null}. decode raises for what is
// not JSON; encode sorts keys and raises for what JSON cannot say. Needs
// convert_open(). [-0, +1, m]
void json_facade_push(lua_State *L);
