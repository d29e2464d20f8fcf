// A recipe as its tests see it: run to its end without money, network or
// files, and what came of it as a value.

#pragma once

#include "base/err.h"
#include "cli/options.h"
#include "data/value.h"
#include "script/testing.h"

struct test_recipe {
    const char *file;              // of the recipe
    const struct options *options; // lua_dir, gateway
    struct testing *testing;       // answers its purchases
    struct value *log;             // out: while it runs, the list of its lines
};

// `order` as struct testing_config has it. {ok, bought, shared, failed,
// credits, credits_least, seconds, names, cells, rows, log, warnings}, owned;
// credits are not there where a price is not known. NULL with `err`, a line of
// what is wrong with the recipe.
struct value *test_recipe_run(struct test_recipe *how,
                              const struct value *order, struct err *err);
