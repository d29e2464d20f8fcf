// The sweep of a recipe: its axes and their points, and which of them make
// cells. For this room only.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"
#include "recipe/column.h"
#include "recipe/recipe.h"

#define SWEEP_AXES_MAX 64
#define SWEEP_COLUMNS_MAX 1000 // of all zip groups
#define SWEEP_EXCLUDED_MAX 100
#define SWEEP_INCLUDED_MAX 100000

// Fill `axes` and `sweep` from the map `map` (or NULL); problems at their
// positions. What is excluded and sampled is not known before sweep_count().
void sweep_read(struct recipe *recipe, const struct value *map,
                struct problems *problems);

// filters.c: "exclude", "sample" and "takes".
void filters_read(struct recipe *recipe, const struct value *map,
                  struct problems *problems);
// Decide which points make cells, once all else is right.
void sweep_count(struct recipe *recipe, struct problems *problems);

// included.c: "include"; after the axes.
void included_read(struct recipe *recipe, const struct value *list,
                   struct problems *problems);

// What may read an axis beside the request, as the recipe has it; or NULL.
struct sweep_readers {
    const struct value *name, *exclude; // of the outputs; of the sweep
};

// Axes that change nothing: a name near a field's that nothing reads is a
// problem, any other a warning.
void sweep_check_use(const struct recipe *recipe,
                     const struct sweep_readers *readers,
                     struct problems *problems);

// Names that a variable may not have; NULL-ended.
const char *const *sweep_reserved(void);
bool sweep_is_reserved(const char *name);
// "exclude", "include", "sample", "takes": they stand beside the axes.
bool sweep_is_filter(const char *key);

// The column called `name`, or NULL; `axis` (or NULL) is set to its axis.
const struct column *sweep_find(const struct recipe *recipe, const char *name,
                                size_t *axis);

void sweep_free(struct recipe *recipe);
