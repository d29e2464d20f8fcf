// Who asks, where no key says it. A browser lets any web page send requests to
// this machine, some without asking first, and a name that a stranger owns can
// be made to mean our address. Both show in headers that a page cannot set.

#pragma once

#include <stdbool.h>

// `host` and `origin` are those headers as sent, NULL where there is none. True
// when `host` is an address or "localhost", and `origin` a page of this machine
// or of the same host. Browsers send both where they matter.
bool asker_is_near(const char *host, const char *origin);
