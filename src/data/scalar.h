// What a YAML scalar means by the core schema of YAML 1.2; yaml.c's other half.
// Each returns NULL with `why`, a static text to put behind the scalar.

#pragma once

#include <stddef.h>

#include "data/value.h"

// Without quotes and tag.
struct value *scalar_plain(const char *s, size_t len, const char **why);

// With a tag, in full: "tag:yaml.org,2002:int".
struct value *scalar_tagged(const char *tag, const char *s, size_t len,
                            const char **why);

// Whether `tag`, which may be NULL, may stand on a VALUE_LIST or VALUE_MAP.
bool scalar_tag_fits(const char *tag, enum value_type collection);
