// A disk that fails, loaded before the C library: calls that change something
// below a folder are counted, and from a given one on they fail.
//
//   FAULT_DIR      the folder
//   FAULT_PROGRAM  the program that meets it; others are left alone
//   FAULT_MODE     full: what needs new space fails, with ENOSPC; dead:
//                  everything fails, with EIO
//   FAULT_AT       the first call that fails, from 1; 0: none
//   FAULT_ONCE     set: only that one
//   FAULT_ONLY     calls are counted whose file has this text in its path
//   FAULT_STATFS   the type of file system that statfs() tells, in hex
//   FAULT_LOG      a file outside: gets one line a counted call
//   FAULT_HOLD     "CALL /below": the first such call waits for as long as
//   FAULT_HELD     this file, which it makes, is empty
//
// What has its blocks already can be written on a full disk, as on ext4.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct {
    char dir[PATH_MAX];
    bool on, dead, once;
    long at;
    int log;
    const char *only; // or NULL
} fault;
static atomic_long count;
static void begin(void);

#define REAL(name) real_##name
#define CALL(name) (begin(), REAL(name))
#define FIND(name) *(void **)&REAL(name) = dlsym(RTLD_NEXT, #name)

static int (*REAL(open))(const char *, int, ...);
static int (*REAL(openat))(int, const char *, int, ...);
static ssize_t (*REAL(write))(int, const void *, size_t);
static ssize_t (*REAL(writev))(int, const struct iovec *, int);
static ssize_t (*REAL(pwrite))(int, const void *, size_t, off_t);
static ssize_t (*REAL(copy_file_range))(int, off64_t *, int, off64_t *, size_t,
                                        unsigned);
static int (*REAL(ioctl))(int, unsigned long, ...);
static int (*REAL(ftruncate))(int, off_t);
static int (*REAL(fallocate))(int, int, off_t, off_t);
static int (*REAL(posix_fallocate))(int, off_t, off_t);
static int (*REAL(fsync))(int);
static int (*REAL(fdatasync))(int);
static int (*REAL(mkdirat))(int, const char *, mode_t);
static int (*REAL(mknodat))(int, const char *, mode_t, dev_t);
static int (*REAL(renameat2))(int, const char *, int, const char *, unsigned);
static int (*REAL(linkat))(int, const char *, int, const char *, int);
static int (*REAL(unlinkat))(int, const char *, int);
static int (*REAL(statfs))(const char *, struct statfs *);

// Other libraries may call before our turn to begin has come.
__attribute__((constructor)) static void begin(void)
{
    if (REAL(open))
        return;
    FIND(openat);
    FIND(write);
    FIND(writev);
    FIND(pwrite);
    FIND(copy_file_range);
    FIND(ioctl);
    FIND(ftruncate);
    FIND(fallocate);
    FIND(posix_fallocate);
    FIND(fsync);
    FIND(fdatasync);
    FIND(mkdirat);
    FIND(mknodat);
    FIND(renameat2);
    FIND(linkat);
    FIND(unlinkat);
    FIND(statfs);
    FIND(open);
    const char *dir = getenv("FAULT_DIR");
    const char *program = getenv("FAULT_PROGRAM");
    const char *mode = getenv("FAULT_MODE");
    const char *at = getenv("FAULT_AT");
    const char *log = getenv("FAULT_LOG");
    fault.on =
        dir && program && strcmp(program, program_invocation_short_name) == 0;
    snprintf(fault.dir, sizeof(fault.dir), "%s", dir ? dir : "");
    fault.dead = mode && strcmp(mode, "dead") == 0;
    fault.once = getenv("FAULT_ONCE") != NULL;
    fault.only = getenv("FAULT_ONLY");
    fault.at = at ? strtol(at, NULL, 10) : 0;
    fault.log =
        !fault.on || !log
            ? -1
            : REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

// --- is it below the folder
static bool below(const char *path)
{
    size_t len = strlen(fault.dir);
    return strncmp(path, fault.dir, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

static void path_of(int fd, char *out, size_t max)
{
    char self[64];
    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(self, out, max - 1);
    out[len > 0 ? len : 0] = '\0';
}

static void path_at(int dir, const char *name, char *out, size_t max)
{
    out[0] = '\0';
    if (name[0] != '/') {
        if (dir != AT_FDCWD)
            path_of(dir, out, max);
        else if (!getcwd(out, max))
            out[0] = '\0';
    }
    size_t len = strlen(out);
    snprintf(out + len, max - len, "%s%s", len ? "/" : "", name);
}

// Wait, if this is the call that is to.
static void hold(const char *call, const char *path)
{
    const char *what = getenv("FAULT_HOLD"), *held = getenv("FAULT_HELD");
    size_t len = strlen(call);
    struct stat st;
    if (!what || !held || strncmp(what, call, len) != 0 || what[len] != ' ' ||
        strncmp(path + strlen(fault.dir), what + len + 1,
                strlen(what + len + 1)) != 0)
        return;
    int fd = REAL(open)(held, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return; // only the first
    close(fd);
    while (stat(held, &st) == 0 && st.st_size == 0)
        usleep(10000);
}

// Whether this call, which matters, fails now; errno then says how.
static bool fails(const char *call, const char *path, bool space)
{
    if (!fault.on || !below(path))
        return false;
    hold(call, path);
    if (fault.only && !strstr(path + strlen(fault.dir), fault.only))
        return false;
    long n = atomic_fetch_add(&count, 1) + 1;
    bool hit = (space || fault.dead) && fault.at > 0 &&
               (fault.once ? n == fault.at : n >= fault.at);
    if (fault.log >= 0) {
        char line[PATH_MAX + 64];
        int len = snprintf(line, sizeof(line), "%ld%s %s %s\n", n,
                           hit ? "!" : "", call, path + strlen(fault.dir));
        if (len > 0)
            REAL(write)(fault.log, line, (size_t)len);
    }
    if (hit)
        errno = fault.dead ? EIO : ENOSPC;
    return hit;
}

static bool fd_fails(const char *call, int fd, bool space)
{
    char path[PATH_MAX];
    int before = errno;
    if (!fault.on)
        return false;
    path_of(fd, path, sizeof(path));
    if (fails(call, path, space))
        return true;
    errno = before;
    return false;
}

static bool at_fails(const char *call, int dir, const char *name, bool space)
{
    char path[2 * PATH_MAX];
    int before = errno;
    if (!fault.on)
        return false;
    path_at(dir, name, path, sizeof(path));
    if (fails(call, path, space))
        return true;
    errno = before;
    return false;
}

// Writing up to here needs more blocks than the file has.
static bool grows(int fd, off_t end)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && end > st.st_size;
}

static off_t place(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    bool append = flags >= 0 && (flags & O_APPEND);
    return lseek(fd, 0, append ? SEEK_END : SEEK_CUR);
}

// --- the calls
static bool open_fails(int dir, const char *name, int flags)
{
    struct stat st;
    bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
    bool makes = unnamed || ((flags & O_CREAT) &&
                             fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0);
    return makes && at_fails("open", dir, name, true);
}

static mode_t mode_of(int flags, va_list args)
{
    bool makes = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(args, mode_t) : 0;
}

#define OPEN(name)                                                             \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        va_list args;                                                          \
        va_start(args, flags);                                                 \
        mode_t mode = mode_of(flags, args);                                    \
        va_end(args);                                                          \
        if (open_fails(AT_FDCWD, path, flags))                                 \
            return -1;                                                         \
        return CALL(open)(path, flags, mode);                                  \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                           \
    int name(int dir, const char *path, int flags, ...)                        \
    {                                                                          \
        va_list args;                                                          \
        va_start(args, flags);                                                 \
        mode_t mode = mode_of(flags, args);                                    \
        va_end(args);                                                          \
        if (open_fails(dir, path, flags))                                      \
            return -1;                                                         \
        return CALL(openat)(dir, path, flags, mode);                           \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (fault.on && fd_fails("write", fd, grows(fd, place(fd) + (off_t)len)))
        return -1;
    return CALL(write)(fd, bytes, len);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    if (fault.on && fd_fails("writev", fd, grows(fd, place(fd) + 1)))
        return -1;
    return CALL(writev)(fd, parts, n);
}

#define PWRITE(name)                                                           \
    ssize_t name(int fd, const void *bytes, size_t len, off_t from)            \
    {                                                                          \
        if (fault.on && fd_fails("pwrite", fd, grows(fd, from + (off_t)len)))  \
            return -1;                                                         \
        return CALL(pwrite)(fd, bytes, len, from);                             \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at,
                        size_t len, unsigned flags)
{
    if (fd_fails("copy_file_range", to, true))
        return -1;
    return CALL(copy_file_range)(from, from_at, to, to_at, len, flags);
}

int ioctl(int fd, unsigned long what, ...)
{
    va_list args;
    va_start(args, what);
    void *arg = va_arg(args, void *);
    va_end(args);
    if (what == _IOW(0x94, 9, int) && fd_fails("FICLONE", fd, true))
        return -1;
    return CALL(ioctl)(fd, what, arg);
}

#define FTRUNCATE(name)                                                        \
    int name(int fd, off_t size)                                               \
    {                                                                          \
        if (fault.on && fd_fails("ftruncate", fd, grows(fd, size)))            \
            return -1;                                                         \
        return CALL(ftruncate)(fd, size);                                      \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define FALLOCATE(name)                                                        \
    int name(int fd, int mode, off_t from, off_t len)                          \
    {                                                                          \
        if (fd_fails("fallocate", fd, true))                                   \
            return -1;                                                         \
        return CALL(fallocate)(fd, mode, from, len);                           \
    }
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

#define POSIX_FALLOCATE(name)                                                  \
    int name(int fd, off_t from, off_t len)                                    \
    {                                                                          \
        int before = errno;                                                    \
        if (fd_fails("posix_fallocate", fd, true)) {                           \
            int why = errno;                                                   \
            errno = before;                                                    \
            return why;                                                        \
        }                                                                      \
        return CALL(posix_fallocate)(fd, from, len);                           \
    }
POSIX_FALLOCATE(posix_fallocate)
POSIX_FALLOCATE(posix_fallocate64)

int fsync(int fd)
{
    return fd_fails("fsync", fd, false) ? -1 : CALL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fd_fails("fdatasync", fd, false) ? -1 : CALL(fdatasync)(fd);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
        at_fails("mkdir", dir, name, true))
        return -1;
    return CALL(mkdirat)(dir, name, mode);
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

int mknodat(int dir, const char *name, mode_t mode, dev_t dev)
{
    return at_fails("mknod", dir, name, true)
               ? -1
               : CALL(mknodat)(dir, name, mode, dev);
}

int mkfifo(const char *name, mode_t mode)
{
    return mknodat(AT_FDCWD, name, mode | S_IFIFO, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to,
              unsigned flags)
{
    if (at_fails("rename", to_dir, to, true))
        return -1;
    return CALL(renameat2)(from_dir, from, to_dir, to, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return renameat2(from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to,
           int flags)
{
    if (at_fails("link", to_dir, to, true))
        return -1;
    return CALL(linkat)(from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
    if (at_fails("unlink", dir, name, false))
        return -1;
    return CALL(unlinkat)(dir, name, flags);
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

#define STATFS(name, type)                                                     \
    int name(const char *path, struct type *facts)                             \
    {                                                                          \
        const char *told = getenv("FAULT_STATFS");                             \
        int rc = CALL(statfs)(path, (struct statfs *)facts);                   \
        if (rc == 0 && told && fault.on && below(path))                        \
            facts->f_type =                                                    \
                (__typeof__(facts->f_type))strtoul(told, NULL, 16);            \
        return rc;                                                             \
    }
STATFS(statfs, statfs)
STATFS(statfs64, statfs64)
