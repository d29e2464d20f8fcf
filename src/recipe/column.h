// The points of one column of a sweep: a list, or a range. For this room only.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"
#include "recipe/recipe.h"

#define SWEEP_POINTS_MAX 100000

// A column called as the key of `member`, without points.
struct column column_new(const struct value_member *member);
void column_free(struct column *column, size_t n);

// Its points, of a list or a range; how many there are: 0, with a problem, when
// there are none. `zipped`: it moves together with others, so that a point may
// come again, and may be null.
size_t column_read(struct column *column, const struct value *v, bool zipped,
                   struct problems *problems);

// One point, which is not in it yet; false with a problem.
bool column_check(const struct column *column, const struct value *point,
                  bool zipped, struct problems *problems);
