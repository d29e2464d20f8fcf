// What one key takes, as a piece of JSON Schema written with ' for ". For
// schema.c only.

#pragma once

#include "recipe/keys.h"

#define SCHEMA_TEMPLATE "'pattern':'\\\\$\\\\{'"
#define SCHEMA_NAME "'pattern':'^[A-Za-z0-9_-][A-Za-z0-9._-]*$','maxLength':100"

const char *schema_type(const char *path, enum key_type type);
