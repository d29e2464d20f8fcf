// Outputs. Everything below root is reached by descriptors, one name at a time
// and never through a symbolic link, so that no link can lead a write, or the
// replacing of a file, out of root.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/token.h"
#include "store/internal.h"
#include "store/look.h"

#define NAME_BYTES 200 // of an output's name, in a temporary one or a message
#define TRIES 3
#define FILE_MODE 0644u // and the umask

struct place {
    const struct store *store;
    const struct store_output *output;
    const char *wanted; // sha256 of what belongs there; NULL: not known yet
    const char *name;   // last part of output->path
    int dir;            // its folder
    int made;           // what was made to be put there; or -1
};

void take_facts(const struct stat *st, int64_t *size, int64_t *mtime_ns)
{
    *size = st->st_size;
    *mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

// The folder `name` in `dir`, made when missing; -1 with errno.
static int enter(int dir, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(dir, name, flags);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    if (mkdirat(dir, name, 0777) != 0 && errno != EEXIST)
        return -1;
    if (fsync(dir) != 0 && errno != EINVAL)
        return -1;
    return openat(dir, name, flags);
}

static bool is_link(int dir, const char *name)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISLNK(st.st_mode);
}

// That of root itself is the store's.
static void close_folder(const struct place *p)
{
    if (p->dir >= 0 && p->dir != p->store->root_fd)
        close(p->dir);
}

// Open the folder of the output, making what is missing.
static bool open_folder(struct place *p, struct err *err)
{
    char *path = xstrdup(p->output->path);
    char *name = path;
    bool ok = true;
    p->dir = p->store->root_fd;
    for (char *slash; ok && (slash = strchr(name, '/')); name = slash + 1) {
        *slash = '\0';
        int next = enter(p->dir, name);
        int why = errno;
        bool link = next < 0 && is_link(p->dir, name);
        errno = why;
        if (link)
            ok = err_set(err, ERR_DISK,
                         "%s is a symbolic link: outputs are not written "
                         "through links below %s",
                         path, p->store->root);
        else if (next < 0)
            ok = err_errno(err, ERR_DISK, "cannot open the folder %s", path);
        *slash = '/';
        close_folder(p);
        p->dir = next;
    }
    if (ok)
        p->name = p->output->path + (name - path);
    else
        close_folder(p);
    free(path);
    return ok;
}

// A name for a while; owned.
static char *name_beside(const struct place *p)
{
    char token[TOKEN_HEX];
    token_make(token);
    size_t len = strlen(p->name);
    if (len > NAME_BYTES)
        len = text_cut(p->name, NAME_BYTES);
    return xasprintf(".%.*s.tarmac-%.8s", (int)len, p->name, token);
}

// A file to write to: one without a name, which goes by itself when we are
// killed meanwhile; or, where there are none, one that is named *beside (owned,
// else NULL).
static int make_file(const struct place *p, char **beside)
{
    *beside = NULL;
    int fd = -1;
    if (p->store->has_proc)
        fd = openat(p->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, FILE_MODE);
    if (fd >= 0)
        return fd;
    *beside = name_beside(p);
    return openat(p->dir, *beside,
                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  FILE_MODE);
}

static bool link_file(const struct place *p, int fd, const char *name)
{
    char self[64];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, self, p->dir, name, AT_SYMLINK_FOLLOW) == 0;
}

// What the store holds under the clip's name is the clip. If not, it is put
// aside: without it, the clip is fetched again.
static bool is_the_clip(const struct place *p, int fd, struct err *err)
{
    const struct store_output *o = p->output;
    bool whole;
    if (!known_read(p->store->known, o->sha256, fd, &whole))
        return err_errno(err, ERR_DISK, "cannot read the clip of %s", o->path);
    if (whole)
        return true;
    char *bad;
    if (!store_set_aside(p->store, o->sha256, o->ext, &bad, err))
        return false;
    err_set(err, ERR_DISK,
            "the clip in the store was damaged, and is now %s; it is bought: "
            "run again to fetch it anew",
            bad);
    free(bad);
    return false;
}

// The bytes that went to `to` are those that belong there.
static bool is_wanted(const struct place *p, int from, int to, struct err *err)
{
    const struct store_output *o = p->output;
    bool copied;
    if (!copy_compare(to, p->wanted, &copied))
        return err_errno(err, ERR_DISK, "cannot read %s", o->path);
    if (copied)
        return true;
    return (o->made || is_the_clip(p, from, err)) &&
           err_set(err, ERR_DISK,
                   "%s was written and reads otherwise: its disk fails; the "
                   "clip in the store is whole",
                   o->path);
}

// A clip that this process has read. If it is one before it is copied and
// after, nobody changed it on the way, and the copy need not be read.
static bool is_known(const struct place *p, int from, int64_t *size)
{
    struct stat st;
    *size = -1;
    if (fstat(from, &st) != 0)
        return false;
    *size = st.st_size;
    return p->made < 0 && known_has(p->store->known, p->output->sha256, &st);
}

static int open_source(const struct place *p, struct err *err)
{
    const struct store_output *o = p->output;
    char *clip = o->made ? NULL : store_path(p->store, o->sha256, o->ext);
    const char *path = clip ? clip : o->made;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        err_errno(err, ERR_DISK, "cannot open %s%s", clip ? "the clip " : "",
                  path);
    free(clip);
    return fd;
}

// A new file with what belongs there, on disk; -1 with `err`. *beside: see
// make_file().
static int write_file(const struct place *p, char **beside, struct stat *st,
                      struct err *err)
{
    int from = open_source(p, err);
    if (from < 0)
        return -1;
    int64_t size;
    bool known = is_known(p, from, &size);
    int to = make_file(p, beside);
    bool ok =
        to >= 0 &&
        copy_file(from, to, size, p->made < 0 ? p->store->unshared : NULL) &&
        fsync(to) == 0 && fstat(to, st) == 0;
    if (!ok)
        err_errno(err, ERR_DISK, "cannot write %s", p->output->path);
    known = known && is_known(p, from, &size) && ok && st->st_size == size;
    ok = ok && (known || is_wanted(p, from, to, err));
    if (!ok && to >= 0) {
        close(to);
        to = -1;
    }
    close(from);
    return to;
}

// Give the file that is `beside` the output's name; without `replace`, only if
// nobody else has it: EEXIST.
static bool rename_it(const struct place *p, const char *beside, bool replace)
{
    if (replace)
        return renameat(p->dir, beside, p->dir, p->name) == 0;
    if (renameat2(p->dir, beside, p->dir, p->name, RENAME_NOREPLACE) == 0)
        return true;
    // A file system without it has links: link() replaces nothing either. Or
    // has not, and then the name was free a moment ago.
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (linkat(p->dir, beside, p->dir, p->name, 0) == 0)
        return unlinkat(p->dir, beside, 0) == 0;
    return errno != EEXIST && renameat(p->dir, beside, p->dir, p->name) == 0;
}

// A link replaces nothing. So what has no name gets the output's at once, and
// at no moment does a kill leave another one.
static bool name_it(const struct place *p, int fd, char **beside, bool replace)
{
    if (!*beside && !replace)
        return link_file(p, fd, p->name);
    if (!*beside) {
        *beside = name_beside(p);
        if (!link_file(p, fd, *beside))
            return false;
    }
    return rename_it(p, *beside, replace);
}

// `taken`, without `err`: somebody made a file of this name meanwhile.
static bool put_copy(const struct place *p, bool replace, struct stat *st,
                     bool *taken, struct err *err)
{
    char *beside = NULL;
    int fd = write_file(p, &beside, st, err);
    bool ok = fd >= 0;
    CRASH_POINT("before", "output");
    *taken = false;
    if (ok && !name_it(p, fd, &beside, replace)) {
        ok = false;
        *taken = errno == EEXIST && !replace;
        if (!*taken)
            err_errno(err, ERR_DISK, "cannot write %s", p->output->path);
    }
    if (fd >= 0)
        close(fd);
    if (!ok && beside)
        unlinkat(p->dir, beside, 0);
    free(beside);
    return ok;
}

// Files made in this folder get more from it than a name: its group, or who may
// read them.
static bool gives_more(int dir)
{
    struct stat st;
    return fstat(dir, &st) != 0 || (st.st_mode & S_ISGID) ||
           fgetxattr(dir, "system.posix_acl_default", NULL, 0) >= 0;
}

// What was made gets the output's name itself. False with errno: EEXIST, or any
// other where only a copy of it can get there.
static bool move_made(const struct place *p, bool replace, struct stat *st)
{
    if (gives_more(p->dir)) {
        errno = EXDEV;
        return false;
    }
    if (fstat(p->made, st) != 0 ||
        ((st->st_mode & 07777) != (st->st_mode & FILE_MODE) &&
         fchmod(p->made, st->st_mode & FILE_MODE) != 0) ||
        fsync(p->made) != 0)
        return false;
    CRASH_POINT("before", "output");
    return renameat2(AT_FDCWD, p->output->made, p->dir, p->name,
                     replace ? 0 : RENAME_NOREPLACE) == 0;
}

static bool put(const struct place *p, bool replace, int64_t *size,
                int64_t *mtime_ns, bool *taken, struct err *err)
{
    struct stat st;
    bool ok = p->made >= 0 && move_made(p, replace, &st);
    *taken = p->made >= 0 && !ok && errno == EEXIST;
    if (!ok && !*taken)
        ok = put_copy(p, replace, &st, taken, err);
    CRASH_POINT("after", "output");
    if (ok && fsync(p->dir) != 0 && errno != EINVAL)
        ok = err_errno(err, ERR_DISK, "cannot sync the folder of %s",
                       p->output->path);
    if (ok)
        take_facts(&st, size, mtime_ns);
    return ok;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

// The content of the file that is there; false with `err`.
static bool look_inside(const struct place *p, char sha256[HASH_HEX],
                        struct stat *st, struct err *err)
{
    int fd =
        openat(p->dir, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int64_t size;
    bool ok = fd >= 0 && copy_hash(fd, sha256, &size) && fstat(fd, st) == 0;
    if (!ok)
        err_errno(err, ERR_DISK, "cannot read %s", p->output->path);
    if (fd >= 0)
        close(fd);
    return ok;
}

enum found {
    FOUND_NOTHING,
    FOUND_WANTED,
    FOUND_OURS, // what we wrote there, but something else belongs there now
    FOUND_OTHER,
    FOUND_ERROR,
};

static enum found look(const struct place *p, int64_t *size, int64_t *mtime_ns,
                       struct err *err)
{
    const struct store_output *o = p->output;
    struct stat st;
    if (fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return FOUND_NOTHING;
        err_errno(err, ERR_DISK, "cannot look at %s", o->path);
        return FOUND_ERROR;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(err, ERR_DISK, "%s is %s: it is left as it is", o->path,
                S_ISLNK(st.st_mode)   ? "a symbolic link"
                : S_ISDIR(st.st_mode) ? "a folder"
                                      : "not a regular file");
        return FOUND_ERROR;
    }
    take_facts(&st, size, mtime_ns);
    if (same(o->known_sha256, p->wanted) && *size == o->known_size &&
        *mtime_ns == o->known_mtime_ns)
        return FOUND_WANTED;
    char sha256[HASH_HEX];
    if (!look_inside(p, sha256, &st, err))
        return FOUND_ERROR;
    take_facts(&st, size, mtime_ns);
    if (same(sha256, p->wanted))
        return FOUND_WANTED;
    return same(sha256, o->known_sha256) || same(sha256, o->sha256)
               ? FOUND_OURS
               : FOUND_OTHER;
}

static enum store_placed settle(const struct place *p, int64_t *size,
                                int64_t *mtime_ns, struct err *err)
{
    for (int tries = 0; tries < TRIES; tries++) {
        enum found found = look(p, size, mtime_ns, err);
        switch (found) {
        case FOUND_WANTED:
            return STORE_CURRENT;
        case FOUND_OTHER:
            return STORE_EDITED;
        case FOUND_ERROR:
            return STORE_FAILED;
        case FOUND_NOTHING:
        case FOUND_OURS:
            break;
        }
        bool taken;
        if (put(p, found == FOUND_OURS, size, mtime_ns, &taken, err))
            return STORE_PLACED;
        if (!taken)
            return STORE_FAILED;
    }
    err_set(err, ERR_DISK, "another process keeps making and removing %s",
            p->output->path);
    return STORE_FAILED;
}

static bool begin(struct place *p, struct err *err)
{
    const char *path = p->output->path;
    if (path_is_safe(path))
        return open_folder(p, err);
    char *shown = text_printable(path, strlen(path), NAME_BYTES);
    err_set(err, ERR_RECIPE,
            "'%s' cannot be the name of an output: it must stay below the "
            "folder of .tarmac",
            shown);
    free(shown);
    return false;
}

static bool has_clip(const struct place *p, struct err *err)
{
    int fd = open_source(p, err);
    bool has = fd >= 0 && is_the_clip(p, fd, err);
    if (fd >= 0)
        close(fd);
    return has;
}

static enum store_found found_as(enum found found)
{
    switch (found) {
    case FOUND_WANTED:
        return STORE_THERE;
    case FOUND_NOTHING:
    case FOUND_OURS:
        return STORE_WANTED;
    case FOUND_OTHER:
        return STORE_ANOTHER;
    case FOUND_ERROR:
        break;
    }
    return STORE_UNKNOWN;
}

enum store_found store_look(const struct store *store,
                            const struct store_output *output, int64_t *size,
                            int64_t *mtime_ns, struct err *err)
{
    struct place p = {.store = store,
                      .output = output,
                      .wanted = output->made_sha256,
                      .dir = -1,
                      .made = -1};
    *size = *mtime_ns = 0;
    if (!begin(&p, err))
        return STORE_UNKNOWN;
    enum store_found found = found_as(look(&p, size, mtime_ns, err));
    close_folder(&p);
    if (found == STORE_WANTED && !has_clip(&p, err))
        found = STORE_UNKNOWN;
    return found;
}

// Open what was made, and read its hash.
static bool open_made(struct place *p, struct err *err)
{
    int64_t size;
    p->made = open_source(p, err);
    p->wanted = p->output->made_hash;
    if (p->made < 0)
        return false;
    return copy_hash(p->made, p->output->made_hash, &size) ||
           err_errno(err, ERR_DISK, "cannot read %s", p->output->made);
}

enum store_placed store_place(const struct store *store,
                              const struct store_output *output, int64_t *size,
                              int64_t *mtime_ns, struct err *err)
{
    struct place p = {.store = store,
                      .output = output,
                      .wanted = output->sha256,
                      .dir = -1,
                      .made = -1};
    *size = *mtime_ns = 0;
    enum store_placed placed = STORE_FAILED;
    if ((!output->made || open_made(&p, err)) && begin(&p, err)) {
        placed = settle(&p, size, mtime_ns, err);
        close_folder(&p);
    }
    if (p.made >= 0)
        close(p.made);
    return placed;
}
