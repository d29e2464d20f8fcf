// The bytes of a YAML file, before libyaml sees them; yaml.c's other half.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "data/problem.h"

// UTF-8 that YAML lets stand in a file; false with a problem at the place.
// libyaml finds what is wrong, too, but cannot say where.
bool yaml_bytes_check(const char *text, size_t len, int file,
                      struct problems *problems);
