#include "store/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "store/internal.h"

#define CHUNK (256u << 10)
#define ASIDE_MAX 1000 // of one file
#define A_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define A_FILE (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)

// --- the way to a file

static enum store_kind kind_of(int dir, const char *name)
{
    struct stat st;
    int why = errno;
    enum store_kind kind = STORE_UNREADABLE;
    if (why == ENOENT)
        kind = STORE_NOTHING;
    else if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        kind = S_ISLNK(st.st_mode)                      ? STORE_LINK
               : why == ENOTDIR || !S_ISREG(st.st_mode) ? STORE_THING
                                                        : STORE_UNREADABLE;
    errno = why;
    return kind;
}

// The folder of `path` below `dir`, and the last part of `path`; -1 with errno
// and `kind`.
static int enter(const char *dir, const char *path, const char **name,
                 enum store_kind *kind)
{
    int at = open(dir, A_FOLDER);
    *kind = errno == ENOENT ? STORE_NOTHING : STORE_UNREADABLE;
    *name = path;
    for (const char *slash; at >= 0 && (slash = strchr(*name, '/'));
         *name = slash + 1) {
        char *part = xstrndup(*name, (size_t)(slash - *name));
        int next = openat(at, part, A_FOLDER | O_NOFOLLOW);
        if (next < 0)
            *kind = kind_of(at, part);
        int why = errno;
        close(at);
        errno = why;
        free(part);
        at = next;
    }
    return at;
}

// --- reading

static enum store_kind read_on(int fd, const struct store_watch *watch,
                               struct hash *hash, char *chunk)
{
    for (;;) {
        ssize_t got = read(fd, chunk, CHUNK);
        if (got == 0)
            return STORE_FILE;
        if (got < 0 && errno != EINTR)
            return STORE_UNREADABLE;
        if (got > 0)
            hash_add(hash, chunk, (size_t)got);
        if (watch && !watch->go_on(watch->arg, got > 0 ? got : 0))
            return STORE_STOPPED;
    }
}

static void read_file(int fd, const struct store_watch *watch,
                      struct store_seen *seen)
{
    struct stat st;
    struct hash *hash = hash_new();
    char *chunk = xmalloc(CHUNK);
    seen->kind = read_on(fd, watch, hash, chunk);
    if (seen->kind == STORE_FILE && fstat(fd, &st) != 0)
        seen->kind = STORE_UNREADABLE;
    seen->why = errno;
    if (seen->kind == STORE_FILE)
        take_facts(&st, &seen->size, &seen->mtime_ns);
    free(chunk);
    hash_end(hash, seen->sha256);
}

void store_see(const char *dir, const char *path,
               const struct store_watch *watch, struct store_seen *seen)
{
    *seen = (struct store_seen){.kind = STORE_THING};
    if (!path_is_safe(path))
        return;
    const char *name;
    int at = enter(dir, path, &name, &seen->kind);
    seen->why = errno;
    if (at < 0)
        return;
    struct stat st;
    int fd = openat(at, name, A_FILE);
    seen->why = errno;
    if (fd < 0)
        seen->kind = kind_of(at, name);
    else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        seen->kind = STORE_THING;
    else
        read_file(fd, watch, seen);
    if (fd >= 0)
        close(fd);
    close(at);
}

// Both are parts of a path, and come from a ledger.
static bool names_a_file(const char *sha256, const char *ext)
{
    return hash_is_hex(sha256) && store_is_ext(ext);
}

enum store_clip store_see_clip(const char *state_dir, const char *sha256,
                               const char *ext, int64_t size,
                               const struct store_watch *watch,
                               struct store_seen *seen)
{
    *seen = (struct store_seen){.kind = STORE_THING, .why = EINVAL};
    if (!names_a_file(sha256, ext))
        return STORE_CLIP_UNREADABLE;
    char *dir = path_join(state_dir, "store");
    char *path = xasprintf("%.2s/%s.%s", sha256, sha256, ext);
    store_see(dir, path, watch, seen);
    free(path);
    free(dir);
    switch (seen->kind) {
    case STORE_FILE:
        return strcmp(seen->sha256, sha256) == 0 && seen->size == size
                   ? STORE_CLIP_WHOLE
                   : STORE_CLIP_DAMAGED;
    case STORE_NOTHING:
        return STORE_CLIP_MISSING;
    case STORE_STOPPED:
        return STORE_CLIP_STOPPED;
    case STORE_LINK:
    case STORE_THING:
    case STORE_UNREADABLE:
        break;
    }
    return STORE_CLIP_UNREADABLE;
}

// --- mending

bool store_set_aside(const struct store *store, const char *sha256,
                     const char *ext, char **kept, struct err *err)
{
    char *path = store_path(store, sha256, ext);
    bool moved = false;
    *kept = NULL;
    for (int n = 1; !moved && n <= ASIDE_MAX; n++) {
        free(*kept);
        *kept = n == 1 ? xasprintf("%s.bad", path)
                       : xasprintf("%s.%d.bad", path, n);
        moved = rename_new(path, *kept);
        if (!moved && errno != EEXIST)
            break;
    }
    if (!moved) {
        err_errno(err, ERR_DISK, "cannot move %s aside", path);
        free(*kept);
        *kept = NULL;
    }
    free(path);
    return moved;
}

// The content of `output` in a new `part`; false with errno.
static bool copy_output(const struct store *store, const char *output,
                        const char *part)
{
    const char *name;
    enum store_kind kind;
    int at = enter(store->root, output, &name, &kind);
    int from = at >= 0 ? openat(at, name, A_FILE) : -1;
    int to = from >= 0
                 ? open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                 : -1;
    bool ok = to >= 0 && copy_file(from, to, -1, NULL);
    int why = errno;
    if (at >= 0)
        close(at);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    errno = why;
    return ok;
}

bool store_remake(const struct store *store, const char *output,
                  const char *sha256, const char *ext,
                  const struct store_watch *watch, bool *made, struct err *err)
{
    struct store_seen seen;
    *made = false;
    store_see(store->root, output, watch, &seen);
    if (seen.kind != STORE_FILE || strcmp(seen.sha256, sha256) != 0)
        return true;
    char copied[HASH_HEX];
    char *part =
        xasprintf("%s/parts/" STORE_REMAKE "%s.%s", store->state, sha256, ext);
    bool ok = ((unlink(part) == 0 || errno == ENOENT) &&
               copy_output(store, output, part)) ||
              err_errno(err, ERR_DISK, "cannot copy %s", output);
    int64_t size;
    // What was copied may not be what was read: look before it gets the name.
    store_see(store->state, part + strlen(store->state) + 1, NULL, &seen);
    bool same = ok && strcmp(seen.sha256, sha256) == 0;
    *made = same && store_commit(store, part, false, ext, copied, &size, err);
    if (!*made)
        unlink(part);
    free(part);
    return ok && (*made || !same);
}

// --- folders

static int by_name(const void *a, const void *b)
{
    const struct store_entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

// A folder of the state, no link on the way to it; -1 with errno.
static int open_folder(const char *state_dir, const char *folder,
                       enum store_kind *kind)
{
    const char *name;
    *kind = STORE_THING;
    if (!path_is_safe(folder))
        return -1;
    int at = enter(state_dir, folder, &name, kind);
    if (at < 0)
        return -1;
    int fd = openat(at, name, A_FOLDER | O_NOFOLLOW);
    if (fd < 0)
        *kind = kind_of(at, name);
    int why = errno;
    close(at);
    errno = why;
    return fd;
}

static void add(struct store_entries *entries, const char *name,
                const struct stat *st)
{
    entries->list =
        xreallocarray(entries->list, entries->n + 1, sizeof(*entries->list));
    entries->list[entries->n++] = (struct store_entry){
        .name = xstrdup(name),
        .is_file = S_ISREG(st->st_mode),
        .is_folder = S_ISDIR(st->st_mode),
        .size = st->st_size,
        .mtime_ms =
            (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
    };
}

bool store_list(const char *state_dir, const char *folder,
                struct store_entries *entries, struct err *err)
{
    *entries = (struct store_entries){0};
    enum store_kind kind;
    int fd = open_folder(state_dir, folder, &kind);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        else if (kind != STORE_UNREADABLE)
            return true;
        return err_errno(err, ERR_DISK, "cannot open the folder %s/%s",
                         state_dir, folder);
    }
    struct dirent *entry;
    struct stat st;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            add(entries, entry->d_name, &st);
    closedir(dir);
    if (entries->n > 1)
        qsort(entries->list, entries->n, sizeof(*entries->list), by_name);
    return true;
}

void store_entries_free(struct store_entries *entries)
{
    for (size_t i = 0; i < entries->n; i++)
        free(entries->list[i].name);
    free(entries->list);
    *entries = (struct store_entries){0};
}

static bool each_in(const char *state_dir, const char *folder,
                    bool (*each)(void *arg, const char *folder,
                                 const struct store_entry *entry),
                    void *arg, bool *more, struct err *err)
{
    struct store_entries files;
    bool ok = store_list(state_dir, folder, &files, err);
    for (size_t i = 0; ok && *more && i < files.n; i++)
        if (files.list[i].is_file)
            *more = each(arg, folder, &files.list[i]);
    store_entries_free(&files);
    return ok;
}

bool store_each(const char *state_dir,
                bool (*each)(void *arg, const char *folder,
                             const struct store_entry *entry),
                void *arg, struct err *err)
{
    struct store_entries folders;
    bool more = true, ok = store_list(state_dir, "store", &folders, err);
    for (size_t i = 0; ok && more && i < folders.n; i++) {
        if (!folders.list[i].is_folder)
            continue;
        char *folder = path_join("store", folders.list[i].name);
        ok = each_in(state_dir, folder, each, arg, &more, err);
        free(folder);
    }
    store_entries_free(&folders);
    return ok;
}

bool store_name_read(const char *name, char sha256[HASH_HEX],
                     char ext[STORE_EXT], bool *aside)
{
    size_t len = strlen(name), at = HASH_HEX - 1;
    if (len <= at || name[at] != '.')
        return false;
    memcpy(sha256, name, at);
    sha256[at] = '\0';
    size_t ends = strcspn(name + at + 1, ".");
    if (ends == 0 || ends >= STORE_EXT)
        return false;
    memcpy(ext, name + at + 1, ends);
    ext[ends] = '\0';
    const char *rest = name + at + 1 + ends;
    size_t digits = *rest ? strspn(rest + 1, "0123456789") : 0;
    *aside = strcmp(rest, ".bad") == 0 ||
             (digits > 0 && strcmp(rest + 1 + digits, ".bad") == 0);
    return names_a_file(sha256, ext) && (*aside || !*rest);
}

bool store_remove(const char *state_dir, const char *folder, const char *name,
                  struct err *err)
{
    enum store_kind kind;
    int fd = open_folder(state_dir, folder, &kind);
    bool ok = fd >= 0 && (unlinkat(fd, name, 0) == 0 || errno == ENOENT);
    if (!ok)
        err_errno(err, ERR_DISK, "cannot remove %s/%s/%s", state_dir, folder,
                  name);
    if (fd >= 0)
        close(fd);
    return ok;
}
