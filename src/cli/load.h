// A recipe made ready: read, checked against its gateway's dialect, its script
// read. What every command that works on a recipe begins with.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "cli/config.h"
#include "cli/options.h"
#include "cli/ratings.h"
#include "cli/sources.h"
#include "data/problem.h"
#include "engine/gateway.h"
#include "recipe/recipe.h"
#include "script/script.h"

struct loaded {
    char *dir; // absolute folder of the recipe; the current one without a file
    bool made; // in memory: no file has it
    struct value *tree; // with all that `sources` adds to it
    struct sources sources;
    struct exprs *exprs; // that the recipe's expressions are in
    struct recipe *recipe;
    struct config config;
    struct dialects *dialects;
    struct gateway gateway; // that the recipe, or --gateway, asks for
    char *script;           // the script's text; NULL: the default one
    size_t script_len;
    char *script_name; // for messages
    // Hex: the recipe with all that it is made of, its script, params and
    // gateway; "" without script.
    char context[HASH_HEX];
    char *traceback;         // of the script's error, a line a call; or NULL
    struct ratings *ratings; // that --only reads; or NULL
};

// Read and check `file`. Everything wrong is in `problems` (then false with
// err->kind ERR_NONE), or in `err`. Free in either case.
bool load_recipe(const char *file, const struct options *options,
                 struct loaded *loaded, struct problems *problems,
                 struct err *err);

// The same for a tree made in memory, which becomes `loaded`'s.
bool load_tree(struct value *tree, const struct options *options,
               struct loaded *loaded, struct problems *problems,
               struct err *err);

// And with a script of ours, which becomes `loaded`'s, too; `name` is for
// messages.
bool load_tree_scripted(struct value *tree, char *script, size_t len,
                        const char *name, const struct options *options,
                        struct loaded *loaded, struct problems *problems,
                        struct err *err);

void loaded_free(struct loaded *loaded);

// How many tasks may be under way at once: as the recipe says, else its
// gateway.
int loaded_in_flight(const struct loaded *loaded);

// The cells that --only and --first leave; borrows from both.
struct recipe_choice load_choice(const struct options *options,
                                 const struct loaded *loaded);

// What stands beside a recipe's file and belongs to it: orbit.yaml and
// ".lock.yaml" are orbit.lock.yaml; owned.
char *load_beside(const char *recipe_file, const char *ending);

// Print problems and err on stderr, or as JSON lines on stdout. Returns the
// exit code for them.
int load_say(const struct problems *problems, const struct err *err, bool json);
// The same of `err` alone.
int load_say_err(const struct err *err, bool json);
// load_say(), after load_recipe() or load_tree().
int loaded_say(const struct loaded *loaded, const struct problems *problems,
               const struct err *err, bool json);
void load_say_traceback(const char *lines);
