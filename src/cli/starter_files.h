// What tarmac init writes, as bytes in the program.

#pragma once

#include <stddef.h>

struct starter_file {
    const char *name; // without its ending
    const char *text; // followed by a NUL
    size_t len;
};

// One file each: starter/recipe.yaml, starter/recipe.lua, lua/types.lua.
extern const struct starter_file starter_yaml[], starter_lua[], starter_types[];
