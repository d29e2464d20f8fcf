// The Lua side of a run: one machine, one coroutine per cell, the `runway`
// functions. Lua runs only in script_run_ready() and script_load(), at the top
// of the loop. No other room includes lua.h.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "engine/engine.h"
#include "loop/loop.h"
#include "recipe/recipe.h"

struct script_config {
    struct loop *loop;
    const struct clock *clock;
    struct engine *engine;
    const struct recipe *recipe;
    const struct gateway *gateway; // of the recipe
    const struct store *store;     // for clip.path; NULL: clips have none
    const char *recipe_dir;        // require() finds modules below it
    const char *const *files;      // that runway.image() may name, too, see
                                   // engine/files.h; borrowed; or NULL
    const char *lua_dir;           // overrides the embedded Lua; or NULL
    int64_t started_ms;            // runway.now()
    // Hex: all that decides what the script asks for, the recipe's text and
    // its own. What it asks for is remembered under it; NULL: it is not.
    const char *context;
    // Somebody looks on: script_asking() is asked at every change.
    bool asking;
};

struct script *script_new(const struct script_config *config, struct err *err);
void script_free(struct script *script); // cancels the cells that still run

// The recipe's script (`source` NULL: the default one, generate and wait).
// `name` is for messages. False with "file:line: message" in err.
bool script_load(struct script *script, const char *source, size_t len,
                 const char *name, struct err *err);

// Run the loaded script's main chunk once, without a cell: it must return a
// function, and can buy nothing. False with "file:line: message" in err. For
// checks; the environment that it ran in is thrown away. `traceback` may then
// be given the calls that led there, a line each; owned.
bool script_try(struct script *script, char **traceback, struct err *err);

// One output of a cell: a clip of a purchase.
struct script_output {
    char *suffix; // "" or the name that the script returned it under
    struct purchase *purchase;
    size_t clip; // index
};

// How a cell ended.
struct script_result {
    bool ok;
    struct script_output *outputs; // in order of suffix
    size_t n;
    // All that the cell asked for, bought or waited for, each once, in the
    // order of asking.
    struct purchase *const *purchases;
    size_t n_purchases;
    const struct value *rows; // a list of {name, value} in order; or NULL
    const char *kind, *message, *task_id; // of the error; task_id may be NULL
    char *traceback; // a line each, the innermost call first; or NULL
    enum err_kind err;
};

// Run the script for `cell` (copied). `done` is called once, inside
// script_run_ready(); `result` lives until it returns.
bool script_start(struct script *script, const struct cell *cell,
                  void (*done)(void *arg, const struct script_result *result),
                  void *arg, struct err *err);

// Of the cell that was started with this `arg`, while it runs: what it has
// asked for so far, in that order. Borrowed, until it goes on.
struct purchase *const *script_purchases(const struct script *script,
                                         const void *arg, size_t *n);
// Hand the `arg` of each running cell that has asked for `p` to `fn`.
void script_asking(const struct script *script, const struct purchase *p,
                   void (*fn)(void *ctx, void *arg), void *ctx);
// It is to end where it waits, in the next script_run_ready(), with kind
// "cancelled"; what it has bought goes on. False: it does not run.
bool script_cancel(struct script *script, const void *arg);

// Resume every cell that is ready; true if any ran.
bool script_run_ready(struct script *script);

// From now on, end what does not come back from Lua, in scripts and dialects:
// `stuck` is called on another thread, with a line that says who it is, and
// ends the process. See script/watchdog.h.
void script_watch(void (*stuck)(void *arg, const char *line), void *arg);
void script_unwatch(void);

// --- dialects: Lua modules as tables of C functions
struct dialects *dialects_new(const char *lua_dir, struct err *err);
void dialects_free(struct dialects *dialects);
// "reverse", or a user's "mine.lua" beside the recipe. Borrowed; NULL with err.
const struct dialect *dialects_get(struct dialects *dialects, const char *name,
                                   const char *recipe_dir, struct err *err);
