#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/token.h"
#include "store/internal.h"

#define BAD_MAX 1000 // of one part

static bool make_dir(const char *state, const char *name, struct err *err)
{
    char *dir = path_join(state, name);
    // Its name becomes durable with the other's: store_open() sees to it.
    bool ok = mkdir(dir, 0777) == 0 || path_mkdirs(dir, err);
    if (ok && access(dir, R_OK | W_OK | X_OK) != 0)
        ok = err_errno(err, ERR_DISK, "cannot use the folder %s", dir);
    free(dir);
    return ok;
}

struct store *store_open(const char *root, const char *state_dir,
                         struct err *err)
{
    if (!make_dir(state_dir, "store", err) ||
        !make_dir(state_dir, "parts", err) || !file_sync_dir(state_dir, err))
        return NULL;
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, ERR_DISK, "cannot open %s", root);
        return NULL;
    }
    struct store *store = xcalloc(1, sizeof(*store));
    store->root = xstrdup(root);
    store->state = xstrdup(state_dir);
    store->root_fd = fd;
    store->shards = xcalloc(1, sizeof(*store->shards));
    store->known = known_new();
    store->unshared = xcalloc(1, sizeof(*store->unshared));
    store->has_proc = access("/proc/self/fd", X_OK) == 0;
    return store;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    close(store->root_fd);
    free(store->root);
    free(store->state);
    free(store->shards);
    known_free(store->known);
    free(store->unshared);
    free(store);
}

char *store_part_path(const struct store *store, int64_t attempt, int n)
{
    return xasprintf("%s/parts/%lld-%d.part", store->state, (long long)attempt,
                     n);
}

char *store_made_path(const struct store *store, const char *ext)
{
    char token[TOKEN_HEX];
    token_make(token);
    return xasprintf("%s/parts/" STORE_MADE "%s.%s", store->state, token, ext);
}

char *store_file_path(const char *state_dir, const char *sha256,
                      const char *ext)
{
    return xasprintf("%s/store/%.2s/%s.%s", state_dir, sha256, sha256, ext);
}

bool store_is_ext(const char *ext)
{
    return *ext && !ext[strspn(ext, "abcdefghijklmnopqrstuvwxyz0123456789")];
}

char *store_path(const struct store *store, const char *sha256, const char *ext)
{
    return store_file_path(store->state, sha256, ext);
}

// Which of the folders of clips is that of a hash.
static unsigned shard(const char *sha256)
{
    static const char digits[] = "0123456789abcdef";
    return (unsigned)(16 * (strchr(digits, sha256[0]) - digits) +
                      (strchr(digits, sha256[1]) - digits));
}

// The part, read to its end and on disk; -1 with `err`. `st`: as it was before.
static int settle_part(const char *part, char sha256[HASH_HEX], int64_t *size,
                       struct stat *st, struct err *err)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        err_set(err, ERR_DISK,
                "the downloaded file %s is gone: something else removed it",
                part);
        return -1;
    }
    bool ok = fd >= 0 && fstat(fd, st) == 0;
    if (ok && !S_ISREG(st->st_mode)) {
        err_set(err, ERR_DISK, "%s is not a regular file", part);
        close(fd);
        return -1;
    }
    if (ok && copy_hash(fd, sha256, size) && fsync(fd) == 0)
        return fd;
    err_errno(err, ERR_DISK, "cannot keep %s", part);
    if (fd >= 0)
        close(fd);
    return -1;
}

// The part gets its place. Its folder is made when it is missing: also when it
// was there, and somebody removed it, or the one above it.
static bool move_part(const struct store *store, const char *part,
                      const char *sha256, const char *dir, const char *path,
                      struct err *err)
{
    if (rename(part, path) == 0)
        return true;
    if (errno == ENOENT) {
        atomic_store(&store->shards->known[shard(sha256)], false);
        if (!path_mkdirs(dir, err))
            return false;
        if (rename(part, path) == 0)
            return true;
    }
    return err_errno(err, ERR_DISK, "cannot move %s to %s", part, path);
}

// The folders that a commit changes: the clip's, and the one above it. Not that
// of the part, which a power cut may bring back: it is the clip's own bytes,
// under a name that nobody reads any more.
static bool sync_folders(const struct store *store, const char *sha256,
                         const char *dir, struct err *err)
{
    atomic_bool *known = &store->shards->known[shard(sha256)];
    if (!file_sync_dir(dir, err))
        return false;
    if (atomic_load(known))
        return true;
    char *above = path_join(store->state, "store");
    bool ok = file_sync_dir(above, err);
    free(above);
    if (ok)
        atomic_store(known, true);
    return ok;
}

bool store_commit(const struct store *store, const char *part, bool noted,
                  const char *ext, char sha256[HASH_HEX], int64_t *size,
                  struct err *err)
{
    if (!store_is_ext(ext))
        return err_set(err, ERR_DEFECT, "'%s' does not end a file's name", ext);
    struct stat before, now;
    int fd = settle_part(part, sha256, size, &before, err);
    if (fd < 0)
        return false;
    char *path = store_path(store, sha256, ext);
    char *dir = path_dir(path);
    // Its note first: a note alone could be taken for that of a later part.
    bool ok = !noted || store_part_unnote(part, err);
    CRASH_POINT("before", "store");
    // What is there already has this content, or had it before the disk lost
    // some: the new file is the better one, or the same.
    ok = ok && move_part(store, part, sha256, dir, path, err);
    CRASH_POINT("after", "store");
    // Not before: a part that stays one must be writable. Some file systems
    // have no modes, which costs nothing but this protection.
    if (ok)
        fchmod(fd, 0444);
    if (ok && fstat(fd, &now) == 0 && known_same_bytes(&before, &now))
        known_add(store->known, sha256, &now);
    ok = ok && sync_folders(store, sha256, dir, err);
    free(dir);
    free(path);
    close(fd);
    return ok;
}

bool rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    // A file system without it: parts belong to one run, so nobody else moves
    // them between these two calls.
    if (path_exists(to)) {
        errno = EEXIST;
        return false;
    }
    return rename(from, to) == 0;
}

bool store_keep_bad(const struct store *store, const char *part, char **kept,
                    struct err *err)
{
    size_t len = text_stem(part, ".part");
    if (len == 0)
        len = strlen(part);
    *kept = NULL;
    if (!store_part_unnote(part, err))
        return false;
    bool moved = false;
    for (int n = 1; !moved && n <= BAD_MAX; n++) {
        free(*kept);
        *kept = n == 1 ? xasprintf("%.*s.bad", (int)len, part)
                       : xasprintf("%.*s.%d.bad", (int)len, part, n);
        moved = rename_new(part, *kept);
        if (!moved && errno != EEXIST)
            break;
    }
    if (moved) {
        char *parts = path_join(store->state, "parts");
        moved = file_sync_dir(parts, err);
        free(parts);
    } else
        err_errno(err, ERR_DISK, "cannot keep %s as %s", part, *kept);
    if (!moved) {
        free(*kept);
        *kept = NULL;
    }
    return moved;
}

bool store_has(const struct store *store, const char *sha256, const char *ext,
               int64_t size)
{
    char *path = store_path(store, sha256, ext);
    struct stat st;
    bool has =
        lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size;
    free(path);
    return has;
}
