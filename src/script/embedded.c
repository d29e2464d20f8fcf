#include "script/embedded.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define FILE_MAX ((size_t)1 << 20)

const struct embedded *embedded_find(const char *name)
{
    for (const struct embedded *e = embedded_files; e->name; e++) {
        if (strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}

char *embedded_read(const char *lua_dir, const char *name, size_t *len,
                    struct err *err)
{
    if (lua_dir) {
        char *file = xasprintf("%s.lua", name);
        char *path = path_join(lua_dir, file);
        char *text = file_read(path, FILE_MAX, len, err);
        free(path);
        free(file);
        return text;
    }
    const struct embedded *e = embedded_find(name);
    if (!e) {
        err_set(err, ERR_DEFECT, "no embedded Lua file '%s'", name);
        return NULL;
    }
    *len = e->len;
    char *text = xmalloc(e->len + 1);
    memcpy(text, e->text, e->len + 1);
    return text;
}
