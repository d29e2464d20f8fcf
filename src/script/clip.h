// Clips as scripts see them: read-only tables that remember their purchase.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "script/convert.h"
#include "script/internal.h"

#define CLIP_ALL SIZE_MAX // the clip stands for every file of its purchase

// Prepare a new state: once, before the others. [-0, +0, m]
void clip_open(lua_State *L);

// Push the clip of a delivered purchase. With several files it has `files`, a
// list with each of them. `box` is for what it needs meanwhile. [-0, +1, m]
void clip_push(lua_State *L, struct script *script, struct purchase *purchase,
               struct convert_box *box);

// What a request says for the clip at `index`, as recipe/frame.h has it; owned.
// NULL: it is none. [-0, +0, -]
struct value *clip_name(lua_State *L, int index);

// Is the value at `index` a clip? `file` is an index, or CLIP_ALL. [-0, +0, -]
bool clip_read(lua_State *L, int index, struct purchase **purchase,
               size_t *file);
