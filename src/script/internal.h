// What the files of this room share of a script and of a running cell.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/hash.h"
#include "data/value.h"
#include "engine/index.h"
#include "script/co.h"
#include "script/machine.h"
#include "script/script.h"

#define SCRIPT_MESSAGE_MAX 4096 // bytes of what a cell failed with

// A text of Lua that was read: once a run, so that every cell gets the same.
struct module {
    struct module *next;
    char *name;  // "a.b"
    char *chunk; // for messages: "@a/b.lua"
    char *text;
    size_t len;
};

struct script {
    struct script_config config; // recipe_dir and lua_dir are the next two
    char *recipe_dir, *lua_dir;  // owned; lua_dir may be NULL
    char *context;               // owned; or NULL
    struct machine *machine;
    struct co_queue ready;
    struct module *main; // what script_load() was given; or NULL
    struct module *modules;
    struct script_cell *cells;              // that run
    bool plain;                             // there is no script
    struct plain *first_plain, *last_plain; // plain cells that are ready
    size_t collected;                       // bytes, about, of all cells' rows
    struct script_cell *late; // whose time is over, or who are cancelled
    struct index askers;      // of purchases, by fingerprint
};

// That a cell has asked for a purchase, for who looks on; asking.c's.
struct asker {
    struct script_cell *cell;
    struct purchase *purchase;
    struct asker *of_cell;       // its next one
    struct asker *next, *before; // of the purchase
};

// What a cell has that runs a script.
struct script_life {
    struct script_job *jobs, **last_job; // the first: the script's function
    size_t n_jobs, running;
    void *stream; // Lua's state of math.random; NULL: none yet
    size_t stream_size;
    struct script_job *stream_of; // whose it is now
    struct call_memory memory;    // context NULL: nothing is remembered
    char inputs[HASH_HEX];        // the modules that it has loaded
    struct machine_budget budget;
    struct value *vars;            // until Lua has them
    struct script_output *outputs; // once the script has returned
    size_t n;
    struct value *rows;        // what it collected; or NULL
    struct index *by_purchase; // what it asked for, from CELL_FEW on
};

// A cell that runs.
struct script_cell {
    struct script *script;
    struct script_cell *next, **link;
    struct plain *plain; // plain.c's; or NULL, and then
    struct script_life *life;
    size_t generated; // calls of runway.generate, of all its jobs
    uint64_t index;
    int take;
    bool late, cancelled;
    char *name;
    struct value *request;         // a plain one: until it is ordered
    struct loop_timer *timer;      // limits.cell_timeout; or NULL
    int64_t paused_ms;             // of the engine's pauses, that it knows of
    struct script_cell *next_late; // of the script's
    void (*done)(void *arg, const struct script_result *result);
    void *arg;
    struct purchase **purchases; // that it asked for, each once
    size_t n_purchases;
    struct purchase *one; // where `purchases` begins
    struct asker *askers; // the same, with config.asking
};
#define CELL_FEW 8 // purchases: mostly it is one

// The same as script_new(), with another machine. For tests.
struct script *script_new_with(const struct script_config *config,
                               const struct machine_config *machine,
                               struct err *err);

// What the recipe allows one of its cells, or its main chunk: `what`.
struct machine_budget script_budget(const struct script *script,
                                    const char *what);

// How long the engine was paused since *seen, which is then now; milliseconds.
// What a script waits for does not come meanwhile.
int64_t script_was_paused(const struct script *script, int64_t *seen);

// Chunk names of embedded files begin like this; raise_mistake() looks past
// them for the line to blame.
#define SCRIPT_OWN_CHUNK "=(tarmac)"

// modules.c: the function `require` of an environment, which is on top of the
// stack and stays there. [-0, +1, m]
void modules_push_require(lua_State *L, struct script *script);
void module_free(struct module *module); // NULL is fine

// wait.c: the words of how a wait ends. NULL: the caller's mistake.
const char *script_err_kind(enum err_kind kind);
// Nothing came in `ms`, of that task or, NULL, of an order; owned.
char *script_late_text(int64_t ms, const char *task_id);

// asking.c
void asking_note(struct script_cell *cell, struct purchase *purchase);
void asking_forget(struct script_cell *cell);

// cell.c
int cell_body(lua_State *L); // lua_CFunction of a cell's first job
void cell_first_ended(void *arg, enum co_state state);
// Its time is over, or it is cancelled: it ends in the next cell_end_late().
void cell_is_late(struct script_cell *cell);
// End those whose time is over. True: there were some.
bool cell_end_late(struct script *script);
// One of its jobs has ended; may end the cell, and free it.
void cell_job_ended(struct script_cell *cell);
// It has asked for `purchase`.
void cell_note_purchase(struct script_cell *cell, struct purchase *purchase);
bool cell_has_asked(const struct script_cell *cell, const struct purchase *p);
// A module is about to run in it.
void cell_note_module(struct script_cell *cell, const struct module *module);
void script_cell_free(struct script_cell *cell);
