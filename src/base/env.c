#include "base/env.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/path.h"

#define BOOT_ID_MAX 64

const char *env_get(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

char *env_config_dir(void)
{
    // The specification has relative values ignored.
    const char *base = env_get("XDG_CONFIG_HOME");
    if (base && *base == '/')
        return path_join(base, "tarmac");
    const char *home = env_get("HOME");
    return home ? path_join(home, ".config/tarmac") : NULL;
}

static char boot_id[BOOT_ID_MAX + 1];

static void read_boot_id(void)
{
    char *text =
        file_read("/proc/sys/kernel/random/boot_id", BOOT_ID_MAX, NULL, NULL);
    if (text)
        snprintf(boot_id, sizeof(boot_id), "%s", text);
    free(text);
}

const char *env_boot_id(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_boot_id);
    return *boot_id ? boot_id : NULL;
}
