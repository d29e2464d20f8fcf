// The keys of each of a recipe's maps, as they are checked where that map is
// read: for the schema, which says the same to editors.

#pragma once

#include "recipe/keys.h"

extern const struct key_set keys_of_recipe, keys_of_param, keys_of_range,
    keys_of_sample, keys_of_limits, keys_of_retry, keys_of_outputs;
// A gateway in a recipe, and one in the user's configuration.
extern const struct key_set keys_of_gateway, keys_of_own_gateway;
