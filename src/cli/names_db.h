// The names of a sweep's cells, where there are too many to compare in memory:
// in a temporary database, which is made with the first and needs no place of
// ours to be written.

#pragma once

#include "recipe/recipe.h"

struct names_db *names_db_new(void);
void names_db_free(struct names_db *names); // NULL is fine
// Lives as long as `names`.
const struct recipe_names *names_db_table(const struct names_db *names);
