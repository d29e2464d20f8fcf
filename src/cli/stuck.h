// What happens when a script does not come back: the process ends.

#pragma once

#include "cli/options.h"

// Watch the scripts of this command. Fine when they are watched already.
// `options` outlive stuck_unwatch().
void stuck_watch(const struct options *options);
void stuck_unwatch(void);
