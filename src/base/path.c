#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

char *path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    if (*name == '/' || len == 0)
        return xstrdup(name);
    return xasprintf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

// Length of `path` without the slashes at its end; "/" keeps its own.
static size_t trimmed(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

char *path_dir(const char *path)
{
    size_t len = trimmed(path);
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len == 0)
        return xstrdup(".");
    while (len > 1 && path[len - 1] == '/')
        len--;
    return xstrndup(path, len);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// One component onto `out`, which holds "" for the root, else "/a/b".
static void push(char *out, const char *name, size_t len)
{
    size_t have = strlen(out);
    if (len == 0 || (len == 1 && name[0] == '.'))
        return;
    if (len == 2 && name[0] == '.' && name[1] == '.') {
        char *slash = strrchr(out, '/');
        if (slash)
            *slash = '\0';
        return;
    }
    out[have] = '/';
    memcpy(out + have + 1, name, len);
    out[have + 1 + len] = '\0';
}

// `path` is absolute.
static char *normal(const char *path)
{
    char *out = xcalloc(strlen(path) + 2, 1);
    while (*path) {
        size_t len = strcspn(path, "/");
        push(out, path, len);
        path += len;
        path += *path == '/';
    }
    if (!*out)
        out[0] = '/';
    return out;
}

char *path_absolute(const char *path)
{
    if (*path == '/')
        return normal(path);
    char *cwd = getcwd(NULL, 0);
    // A deleted folder has no name any more, but this one still leads to it.
    char *full = path_join(cwd ? cwd : "/proc/self/cwd", path);
    char *out = normal(full);
    free(full);
    free(cwd);
    return out;
}

static bool component_is_safe(const char *name, size_t len)
{
    if (len == 0 || len > NAME_MAX)
        return false;
    if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
        return false;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t code;
        step = text_utf8(name + i, len - i, &code);
        if (step == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) ||
            code == '\\')
            return false;
    }
    return true;
}

bool path_is_safe(const char *path)
{
    for (;;) {
        size_t len = strcspn(path, "/");
        if (!component_is_safe(path, len))
            return false;
        if (!path[len])
            return true;
        path += len + 1;
    }
}

bool path_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool path_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool in_the_way(const char *path, struct err *err)
{
    struct stat st;
    bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    return err_set(err, ERR_DISK, "%s is %s, where a folder is needed", path,
                   link ? "a link that leads to no folder" : "a file");
}

static bool make_one(const char *path, struct err *err)
{
    if (path_is_dir(path))
        return true;
    if (mkdir(path, 0777) != 0) {
        if (errno != EEXIST)
            return err_errno(err, ERR_DISK, "cannot make the folder %s", path);
        // Another process may just have made it.
        return path_is_dir(path) || in_the_way(path, err);
    }
    // The files inside are durable only when the folder's name is.
    char *parent = path_dir(path);
    bool ok = file_sync_dir(parent, err);
    free(parent);
    return ok;
}

bool path_mkdirs(const char *path, struct err *err)
{
    if (!*path)
        return err_set(err, ERR_DISK, "cannot make a folder without a name");
    char *part = xstrdup(path);
    bool ok = true;
    for (char *c = part + 1; ok && *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        ok = make_one(part, err);
        *c = '/';
    }
    ok = ok && make_one(part, err);
    free(part);
    return ok;
}

char *path_program_dir(void)
{
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (len <= 0)
        return xstrdup(".");
    exe[len] = '\0';
    return path_dir(exe);
}

bool path_below(const char *dir, const char *name, char **real, struct err *err)
{
    char *path = path_join(dir, name);
    char *root = realpath(dir, NULL);
    *real = root ? realpath(path, NULL) : NULL;
    free(path);
    size_t len = root ? strlen(root) : 0;
    while (len > 0 && root[len - 1] == '/')
        len--; // the root folder itself
    bool below =
        !*real || (strncmp(*real, root, len) == 0 && (*real)[len] == '/');
    free(root);
    if (below)
        return true;
    free(*real);
    *real = NULL;
    return err_set(err, ERR_RECIPE, "%s leads out of %s", name, dir);
}
