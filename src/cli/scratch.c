#include "cli/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/token.h"

#define LOCK "lock"

// Whatever is in `dir`, but its folders; then `dir`, where that is all.
static void empty(const char *dir)
{
    DIR *list = opendir(dir);
    if (!list)
        return;
    for (const struct dirent *d; (d = readdir(list));) {
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            unlinkat(dirfd(list), d->d_name, 0);
    }
    closedir(list);
    rmdir(dir);
}

static bool is_token(const char *name)
{
    return strlen(name) == TOKEN_HEX - 1 &&
           strspn(name, "0123456789abcdef") == TOKEN_HEX - 1;
}

// The lock is ours: what is there is nobody's.
static void clear(const char *home)
{
    DIR *list = opendir(home);
    if (!list)
        return;
    for (const struct dirent *d; (d = readdir(list));) {
        struct stat st;
        char *dir = path_join(home, d->d_name);
        if (is_token(d->d_name) && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
            empty(dir);
        free(dir);
    }
    closedir(list);
}

// What is in it is deleted: a link would lead to what is not ours.
static bool is_own(const char *home, struct err *err)
{
    struct stat st;
    if (lstat(home, &st) != 0)
        return err_errno(err, ERR_DISK, "%s", home);
    return S_ISDIR(st.st_mode) ||
           err_set(err, ERR_DISK, "%s is a link, where a folder is needed",
                   home);
}

static bool take_lock(struct scratch *scratch, struct err *err)
{
    char *path = path_join(scratch->home, LOCK);
    scratch->lock = file_lock(path, FILE_TRY, err);
    if (scratch->lock == FILE_LOCK_HELD)
        err_set(err, ERR_NONE, "another one is at it");
    free(path);
    return scratch->lock >= 0;
}

bool scratch_open(struct scratch *scratch, const char *state_dir,
                  const char *name, struct err *err)
{
    *scratch = (struct scratch){.home = path_join(state_dir, name), .lock = -1};
    bool ok = path_mkdirs(scratch->home, err) && is_own(scratch->home, err) &&
              take_lock(scratch, err);
    if (ok) {
        char token[TOKEN_HEX];
        token_make(token);
        clear(scratch->home);
        scratch->dir = path_join(scratch->home, token);
        ok = mkdir(scratch->dir, 0700) == 0 ||
             err_errno(err, ERR_DISK, "%s", scratch->dir);
    }
    if (!ok)
        scratch_close(scratch);
    return ok;
}

char *scratch_path(const struct scratch *scratch, const char *name)
{
    return path_join(scratch->dir, name);
}

void scratch_close(struct scratch *scratch)
{
    if (scratch->dir)
        empty(scratch->dir);
    if (scratch->lock >= 0)
        close(scratch->lock);
    free(scratch->dir);
    free(scratch->home);
    *scratch = (struct scratch){.lock = -1};
}
