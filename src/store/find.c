#include "store/find.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// "<sha256>.<ext>", of which both are small letters and digits.
static bool read_name(const char *name, char sha256[HASH_HEX],
                      char ext[STORE_EXT_MAX])
{
    size_t len = strlen(name), behind = HASH_HEX; // of the hash and its dot
    if (len <= behind || len - behind >= STORE_EXT_MAX ||
        name[behind - 1] != '.')
        return false;
    memcpy(sha256, name, HASH_HEX - 1);
    sha256[HASH_HEX - 1] = '\0';
    memcpy(ext, name + behind, len - behind + 1);
    return hash_is_hex(sha256) &&
           ext[strspn(ext, "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0';
}

bool store_find(const char *state_dir, const char *hex, const char *ext,
                char sha256[HASH_HEX], char found_ext[STORE_EXT_MAX])
{
    if (strspn(hex, "0123456789abcdef") < STORE_NAMED_HEX)
        return false;
    char *path = xasprintf("%s/store/%.2s", state_dir, hex);
    DIR *dir = opendir(path);
    free(path);
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir)))
        found = strncmp(entry->d_name, hex, STORE_NAMED_HEX) == 0 &&
                read_name(entry->d_name, sha256, found_ext) &&
                (!ext || strcmp(found_ext, ext) == 0);
    closedir(dir);
    return found;
}
