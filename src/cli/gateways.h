// From a gateway's name to everything the engine needs to know of it.

#pragma once

#include "cli/config.h"
#include "data/problem.h"
#include "engine/gateway.h"
#include "recipe/recipe.h"
#include "script/script.h"

// Look `name` up: the built-in `local`, the configuration, then the recipe.
// False after adding to `problems`, or with `err`. gateway_clear() either way.
bool gateway_resolve(const char *name, const struct config *config,
                     const struct recipe *recipe, const char *recipe_dir,
                     struct dialects *dialects, struct gateway *gateway,
                     struct problems *problems, struct err *err);
void gateway_clear(struct gateway *gateway);
