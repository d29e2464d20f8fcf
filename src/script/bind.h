// The primitives that lua/boot.lua and lua/runway.lua are made of. Scripts
// never see this table, only what those two make of it.

#pragma once

#include <stdint.h>

#include <lua.h>

#include "script/internal.h"

// Each adds its functions to the table on top of the stack. [-0, +0, m]
void bind_runway(lua_State *L); // generate
void bind_wait(lua_State *L);   // wait, any
void bind_task(lua_State *L);   // status, cancel
void bind_clock(lua_State *L);  // sleep, now, log
void bind_jobs(lua_State *L);   // spawn
void bind_notes(lua_State *L);  // collect, image
// environment, math, require, mistake
void bind_boot(lua_State *L, struct script *script);

// The job that runs on L, and its cell. Raises outside of one.
struct script_job *bind_job(lua_State *L);
struct script_cell *bind_cell(lua_State *L);

// A duration at `index`: seconds, or "30m"; in ms. `what` is for the message.
int64_t bind_duration(lua_State *L, int index, const char *what);
