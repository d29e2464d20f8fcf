// --faults of a run: bad days that its own built-in gateway rehearses, checked
// before anything is opened or bought.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/options.h"
#include "engine/gateway.h"

struct rehearse {
    char *faults;        // as the gateway spells them; NULL: none
    const char *args[5]; // of the gateway, NULL-ended
    char *spec;
};

// False with `err`, also where --faults stands beside another gateway. All
// NULL without --faults. Free in either case.
bool rehearse_read(struct rehearse *rehearse, const struct options *options,
                   const struct gateway *gateway, struct err *err);
void rehearse_free(struct rehearse *rehearse);
