// Dialects: Lua modules as the tables of C functions that the engine calls.
// Each lives in a machine of its own, so that a user's dialect can spoil
// nothing but itself. What crosses is `struct value`, checked on both sides.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "data/value.h"
#include "engine/dialect.h"
#include "recipe/fields.h"
#include "script/machine.h"

#define DIALECT_SOURCE_MAX ((size_t)256 << 10) // bytes of a user's dialect
#define DIALECT_MEMORY ((size_t)64 << 20)
#define DIALECT_STEPS 300000000 // instructions of one call

struct dialects;
// For tests: dialects whose machines ask `config` (its memory_max 0:
// DIALECT_MEMORY).
struct dialects *dialects_new_in(const char *lua_dir,
                                 const struct machine_config *config);

// --- dialect_lua.c: the module and its machine

enum dialect_function {
    DIALECT_ACCEPTED,
    DIALECT_ACCOUNT,
    DIALECT_ACCOUNTED,
    DIALECT_CALLBACK,
    DIALECT_CANCEL,
    DIALECT_CHECK,
    DIALECT_LIST,
    DIALECT_LISTED,
    DIALECT_POLL,
    DIALECT_PRICE,
    DIALECT_STATE,
    DIALECT_SUBMIT,
};
#define DIALECT_FUNCTIONS 12

struct dialect_source {
    const char *chunk; // "mine.lua": for messages
    const char *text;
    size_t len;
    const char *lua_dir; // or NULL; must outlive the dialect
};

struct dialect_lua;
// NULL with `err`, of kind ERR_RECIPE: what the module lacks, or did.
struct dialect_lua *dialect_lua_new(const struct dialect_source *source,
                                    const struct machine_config *config,
                                    struct err *err);
void dialect_lua_free(struct dialect_lua *lua); // NULL is fine

// What the module says besides functions, as a map: name version data_uri
// list_complete fields defaults models as_of, each only if it is there.
const struct value *dialect_lua_tables(const struct dialect_lua *lua);
const char *dialect_lua_function(enum dialect_function function); // its name
bool dialect_lua_has(const struct dialect_lua *lua,
                     enum dialect_function function);

struct dialect_arg {
    const struct value *value; // NULL: nil, or a text of
    const char *bytes;         // `len` bytes, when not NULL
    size_t len;
};

// Call a function of the module: up to two results, owned, NULL for nil. False
// with `err`, of kind ERR_RECIPE, and no results.
bool dialect_lua_call(struct dialect_lua *lua, enum dialect_function function,
                      const struct dialect_arg *args, size_t n,
                      struct value *results[2], struct err *err);

// --- dialect_fields.c: `fields` of a module as tables

struct dialect_tables;
// `fields` maps routes to lists of rows; NULL makes none. `dialect` is for
// messages. All is copied. NULL with `err`, of kind ERR_RECIPE.
struct dialect_tables *dialect_tables_new(const char *dialect,
                                          const struct value *fields,
                                          struct err *err);
void dialect_tables_free(struct dialect_tables *tables); // NULL is fine
const struct field_table *
dialect_tables_find(const struct dialect_tables *tables, const char *route);
// What else the module says of its tables: `models` (route to list), and
// `defaults`, whose model is each table's own. It and `as_of` (a date, or NULL)
// must outlive this. False with `err`.
bool dialect_tables_add(struct dialect_tables *tables,
                        const struct value *module, const char *as_of,
                        struct err *err);
// Every table's check().
void dialect_tables_check(struct dialect_tables *tables,
                          void (*check)(void *ctx,
                                        const struct field_table *table,
                                        const struct value *request,
                                        struct problems *p),
                          void *ctx);
// Their names, NULL-ended.
const char *const *dialect_tables_routes(const struct dialect_tables *tables);

// --- dialect_calls.c: a module as a struct dialect

struct dialect_module {
    struct dialect dialect; // ctx is this
    struct dialect_module *next;
    char *key;  // the name of one that is built in, or a file's real path
    char *said; // how the recipe calls it, for messages
    char *name;
    bool built_in;
    struct dialect_lua *lua;
    struct dialect_tables *tables;
};
// Fill in the functions of its dialect. `lists`: list() is one of them.
void dialect_calls(struct dialect_module *d, bool lists);
// Say what a module did wrong: of a user's, a mistake in the recipe; of ours, a
// defect. False.
bool dialect_blame(const struct dialect_module *d, const char *function,
                   const struct err *cause, struct err *err);

// --- dialect_check.c: what functions returned, field by field. False with
// `err`, of kind ERR_RECIPE, and nothing in the result.

// A task_id that can be stored, shown and sent.
bool dialect_check_task_id(const struct value *v, const char **task_id);
// `other` is the method that is allowed beside "POST".
bool dialect_check_call(const struct value *v, const char *other,
                        struct dialect_call *call, struct err *err);
// `task_id` and `why` may be NULL.
bool dialect_check_accepted(const struct value *task_id,
                            const struct value *why,
                            struct dialect_accepted *accepted, struct err *err);
bool dialect_check_status(const struct value *v, struct dialect_status *status,
                          struct err *err);
// NULL is no answer.
bool dialect_check_list(const struct value *v, struct dialect_list *list,
                        struct err *err);
// dialect_account.c; NULL is no answer.
bool dialect_check_account(const struct value *v,
                           struct dialect_account *account, struct err *err);
// check()'s list of what is wrong with `request`, each at its field; NULL is
// nothing.
bool dialect_check_problems(const struct value *v, const struct value *request,
                            struct problems *p, struct err *err);
