#include "store/find.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/look.h"

bool store_find(const char *state_dir, const char *hex, const char *ext,
                char sha256[HASH_HEX], char found_ext[STORE_EXT])
{
    if (strspn(hex, "0123456789abcdef") < STORE_NAMED_HEX)
        return false;
    char *path = xasprintf("%s/store/%.2s", state_dir, hex);
    DIR *dir = opendir(path);
    free(path);
    if (!dir)
        return false;
    bool found = false, aside;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir)))
        found = strncmp(entry->d_name, hex, STORE_NAMED_HEX) == 0 &&
                store_name_read(entry->d_name, sha256, found_ext, &aside) &&
                !aside && (!ext || strcmp(found_ext, ext) == 0);
    closedir(dir);
    return found;
}
