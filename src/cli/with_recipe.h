// The commands that are given recipes: run, plan, check.

#pragma once

#include "cli/options.h"

struct loaded;

// Read the one recipe that the options name, and go on with it; else say what
// is wrong. Returns the exit code.
int with_recipe(const struct options *options,
                int (*then)(struct loaded *, const struct options *));

int run_command(const struct options *options);
int plan_command(const struct options *options);
int check_command(const struct options *options);

// What the recipe that the options name is about, and its parameters; behind
// the help of these commands. Returns the exit code.
int recipe_help(const struct options *options);
