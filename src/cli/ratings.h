// What people thought of a recipe's clips, as a report's page exports it, for
// --only 'rating >= 4'. The file stands beside the recipe, or is named by
// --ratings; it is from outside, and every mistake in it is told at its place.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/options.h"
#include "data/problem.h"
#include "recipe/recipe.h"

#define RATINGS_FORMAT 1

struct ratings;

// Those that `options` ask for; *ratings stays NULL where --only names neither
// `rating` nor `verdict`, or the recipe's own are meant. `file` is the
// recipe's, NULL where it has none. False with `problems`, of a further file,
// or `err`.
bool ratings_read(const struct options *options, const struct recipe *recipe,
                  const char *file, struct ratings **ratings,
                  struct problems *problems, struct err *err);
void ratings_free(struct ratings *ratings); // NULL is fine
// Lives as long as `ratings`; NULL for NULL.
const struct recipe_ratings *ratings_table(const struct ratings *ratings);

bool ratings_are_named_so(const char *file); // "….ratings.yaml"
// Only whether `file` is what it should be, which `problems` is of.
bool ratings_check(const char *file, struct problems *problems,
                   struct err *err);
