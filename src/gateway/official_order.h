// Bodies of Runway's own API, read and checked by wire/official.yaml.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "gateway/order.h"
#include "gateway/schema.h"
#include "gateway/wire.h"

#define OFFICIAL_BODY_MAX (24u << 20) // a clip of 16 MiB as a data: URI
#define OFFICIAL_GROUPS 5
#define OFFICIAL_TIERS 5

// `route` is a name of the table: "image_to_video". False with `issues` (which
// start zeroed). `out` is to be cleared either way. Pure; safe in any thread.
bool official_order(const struct wire *wire, const char *route,
                    const char *body, size_t len, bool draft, struct order *out,
                    struct schema_issues *issues);

// What a tier allows of a model: at once, and within 24 hours. 0: the model is
// not in the table.
int official_at_once(const struct wire *wire, int tier, const char *model);
int64_t official_a_day(const struct wire *wire, int tier, const char *model);
