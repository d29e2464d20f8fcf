#include "gateway/asker.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/client.h"

// The host of "host:port", lower case, owned; NULL when it is none.
static char *host_of(const char *authority)
{
    if (authority[strcspn(authority, "/?#")] != '\0')
        return NULL;
    char *url = xasprintf("http://%s/", authority);
    char *host = net_host(url);
    free(url);
    return host;
}

static bool is_address(const char *host)
{
    return *host == '[' || host[strspn(host, "0123456789.")] == '\0';
}

static bool is_ours(const char *origin, const char *host)
{
    char *theirs = net_host(origin);
    bool ours = net_is_loopback(origin) ||
                (theirs && host && strcmp(theirs, host) == 0);
    free(theirs);
    return ours;
}

bool asker_is_near(const char *host, const char *origin)
{
    char *name = host ? host_of(host) : NULL;
    bool near =
        !host || (name && (is_address(name) || strcmp(name, "localhost") == 0));
    if (origin)
        near = near && is_ours(origin, name);
    free(name);
    return near;
}
