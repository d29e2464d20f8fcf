// A route of a gateway: what its requests may say there.

#pragma once

#include "base/err.h"
#include "engine/inside.h"
#include "recipe/fields.h"

// The dialect's table, and the models that the gateway's prices name. Nothing
// is owned; it lives as long as the gateway. False with `err` (ERR_RECIPE)
// where there is no such route.
bool route_fields(const struct gateway *gateway, const char *route,
                  struct field_table *table, struct err *err);
// The same text, owned by the engine: its purchases have few.
const char *route_kept(struct engine *engine, const char *route);
