// `retry: {count: 2, kinds: [moderation]}`: what is bought again by itself.

#pragma once

#include <stdbool.h>

#include "recipe/recipe.h"

void retry_read(struct recipe *recipe, const struct value *tree,
                struct problems *problems);
// The kinds that a recipe may name, RETRY_KINDS of them.
const char *const *retry_kinds(void);
// Is a failure of this kind to be bought again? A kind of a dialect's own is a
// "failed"; "cancelled" never is.
bool retry_has(const struct recipe_retry *retry, const char *kind);
