// `include:` of a recipe: files whose parts it shares. Which files it names,
// and how their trees become one; reading them is for whoever has files.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"
#include "data/value.h"

#define INCLUDE_DEPTH_MAX 8
#define INCLUDE_FILES_MAX 32  // of a recipe, each as often as it is named
#define INCLUDE_KEYS_MAX 2000 // of each of two maps that become one

// What `tree` names: one text, or a list of them, each a path below the
// recipe's folder. False after adding to `problems`.
bool include_check(const struct value *tree, struct problems *problems);
size_t include_count(const struct value *tree);
const struct value *include_at(const struct value *tree, size_t i);

// Whether `tree` may be included: a map without 'name', of this format if it
// says one. False after adding to `problems`.
bool include_check_part(const struct value *tree, struct problems *problems);

// Lay `over` over `base`, which it changes: the recipe's sections are merged
// (an axis is replaced as a whole, and a parameter's short form is its
// default), all else is replaced, and a null takes away. `include` is dropped.
// False when the whole has more than YAML_NODES_MAX values, or a map that is
// merged more than INCLUDE_KEYS_MAX keys.
bool include_merge(struct value *base, const struct value *over);
