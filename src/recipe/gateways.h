// What may be said of a gateway, in a recipe and in the user's configuration.

#pragma once

#include <stdbool.h>

#include "data/problem.h"
#include "data/value.h"

// Check `entry`, the map under a gateway's name. Both places: url dialect
// prefix profile identity poll_min in_flight timeout clip_max budget prices;
// with `in_config` also: headers insecure callback_url callback_listen
// callback_public_url; without, `request`, which may be all there is, of a
// gateway that is described elsewhere. Else `url` and `dialect` are there
// afterwards. True when no error was added.
bool gateway_entry_check(const char *name, const struct value *entry,
                         bool in_config, struct problems *problems);
