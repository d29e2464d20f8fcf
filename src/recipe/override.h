// Words behind a recipe: `motion.z=2`, `sweep.takes=2`, `~sweep.motion.x`. Each
// changes the recipe's tree, or gives a parameter.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

enum override {
    OVERRIDE_WRONG, // after adding to `problems`
    OVERRIDE_TREE,
    OVERRIDE_PARAM,
};

// Whether a word of the command line is one: it holds a '=' or begins with '~'.
bool override_is(const char *word);

// Do what `word` says to `tree`, a recipe with what it includes, a map. What
// the first part of its name is decides: a key of recipes, else a parameter,
// an axis, a field. `file` is the command line's number, where what is set
// stands then. OVERRIDE_PARAM: `param` is filled instead, `name` owned, `value`
// borrowed from `word`.
enum override override_apply(struct value *tree, const char *word, int file,
                             struct recipe_param *param,
                             struct problems *problems);

// Fields of the request that `file` has set, and that the sweep sets anyway,
// are problems. For a tree whose axes are whole.
void override_check(const struct value *tree, int file,
                    struct problems *problems);
