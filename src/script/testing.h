// Tests of a recipe: one Lua file, sandboxed as scripts are, whose tests run
// the recipe and hold what came of it against what they expect. Running it is
// the caller's; here is only Lua.
//
//     struct testing *t = testing_new(&config, &err);
//     if (testing_load(t, text, len, "orbit_test.lua", &traceback, &err))
//         testing_run(t);
//     testing_free(t);

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "data/value.h"

struct testing;

// How one test ended.
struct testing_end {
    const char *name;
    const char *message;       // "file:line: …"; NULL: it passed
    const struct value *lines; // texts that say more; or NULL
    const char *traceback;     // of a script's error, a line a call; or NULL
};

struct testing_config {
    const char *recipe_dir; // require() finds modules below it
    const char *lua_dir;    // overrides the embedded Lua; or NULL
    const char *only;       // tests that have this in their name; NULL: all
    // Run the recipe as `order` says, {params, overrides, gateway, first,
    // only}, each as the test gave it and of its type, or not there. What came
    // of it, owned by the caller; NULL with `err`. May call testing_answer().
    struct value *(*recipe)(void *arg, const struct value *order,
                            struct err *err);
    void (*ended)(void *arg, const struct testing_end *end);
    void *arg;
};

// The texts of `config` are copied. NULL with `err` when Lua has no memory.
struct testing *testing_new(const struct testing_config *config,
                            struct err *err);
void testing_free(struct testing *t); // NULL is fine

// Read the file and take down its tests; once. False with "file:line: message"
// in err, and perhaps the calls that led there; `*traceback` is owned.
bool testing_load(struct testing *t, const char *source, size_t len,
                  const char *name, char **traceback, struct err *err);

// Run the tests in their order; each has its `ended`.
void testing_run(struct testing *t);

// While `recipe` runs: what the test has answered to a purchase, a map; owned.
// NULL: nothing. What goes wrong in it fails the test, once `recipe` is back.
struct value *testing_answer(struct testing *t, const struct value *purchase);
