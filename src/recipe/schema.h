// What a recipe and the user's configuration may say, as a JSON Schema (draft
// 7), for editors. Made of the tables that the checks read, so that both say
// the same.

#pragma once

#include "data/value.h"

// Owned.
struct value *schema_recipe(void);
struct value *schema_config(void);
