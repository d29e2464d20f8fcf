#include "base/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"

// TARMAC_CRASH_AT=NAME[:N], the first passing if N is not said.
void crash_point(const char *when, const char *what)
{
    static atomic_long passed;
    const char *at = env_get("TARMAC_CRASH_AT");
    size_t len = strlen(when), more = strlen(what);
    if (!at || strncmp(at, when, len) != 0 || at[len] != '-' ||
        strncmp(at + len + 1, what, more) != 0)
        return;
    const char *end = at + len + 1 + more;
    if (*end != '\0' && *end != ':')
        return;
    long n = *end == ':' ? strtol(end + 1, NULL, 10) : 1;
    if (atomic_fetch_add(&passed, 1) + 1 == n)
        raise(SIGKILL);
}
