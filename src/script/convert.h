// Lua values and the value tree. Integral floats become integers; a list is a
// sequence without holes; an empty table is a map, unless it came from an empty
// list; null is the light userdata NULL (`runway.none`, `json.null`).

#pragma once

#include <stdbool.h>

#include <lua.h>

#include "base/err.h"
#include "data/value.h"

#define CONVERT_DEPTH_MAX 64
#define CONVERT_NODES_MAX 200000
#define CONVERT_BYTES_MAX ((size_t)32 << 20) // of its texts

// Prepare a new state: once, before the others. [-0, +0, m]
void convert_open(lua_State *L);

// The value at `index`, owned; keys of maps sorted. NULL with `err` naming the
// place, "request.motion.x: a function …"; `what` begins it. Never raises, so C
// memory may be held across it. [-0, +0, -]
struct value *convert_read(lua_State *L, int index, const char *what,
                           struct err *err);

// The same of a table of a script's, some of whose members may stand for
// something else: `stand_in` gives what the value at `index` stands for, owned,
// or NULL; it never raises. Only the table's own members may. [-0, +0, -]
typedef struct value *convert_stand_in(lua_State *L, int index);
struct value *convert_read_members(lua_State *L, int index, const char *what,
                                   convert_stand_in *stand_in, struct err *err);

// C memory that must survive calls which may raise: freed when the function
// that pushed it ends, however it ends. Push it first, fill it later.
struct convert_box {
    struct value *value; // value_free()
    char *text;          // free()
};
struct convert_box *convert_box(lua_State *L); // [-0, +1, m]

// Push a tree; `v` NULL pushes nil. Raises when memory runs out. [-0, +1, m]
void convert_push(lua_State *L, const struct value *v);
// The same with every table read-only and nulls in maps left out, so that they
// read as nil; `what` is for the message.
void convert_push_frozen(lua_State *L, const struct value *v, const char *what);

// Mark the table on top as a list, so that it is one even when empty.
// [-0, +0, m]
void convert_mark_list(lua_State *L);
bool convert_is_list(lua_State *L, int index); // [-0, +0, -]; needs 2 slots
