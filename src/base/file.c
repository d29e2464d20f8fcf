#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/token.h"

#define CHUNK (64u << 10)

int file_open(const char *path, int64_t *size, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        err_errno(err, ERR_DISK, "cannot open %s", path);
        return -1;
    }
    struct stat st;
    if (fstat(fd, &st) != 0)
        err_errno(err, ERR_DISK, "cannot open %s", path);
    else if (S_ISDIR(st.st_mode))
        err_set(err, ERR_DISK, "%s is a directory", path);
    else if (!S_ISREG(st.st_mode))
        err_set(err, ERR_DISK, "%s is not a regular file", path);
    else {
        if (size)
            *size = st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

// Until the end of the file; its size in the meantime is only a hint.
static bool read_all(int fd, struct buf *b)
{
    char *chunk = xmalloc(CHUNK);
    ssize_t got = 1;
    while (got != 0 && !b->overflow) {
        got = read(fd, chunk, CHUNK);
        if (got < 0 && errno != EINTR)
            break;
        if (got > 0)
            buf_add(b, chunk, (size_t)got);
    }
    free(chunk);
    return got >= 0;
}

char *file_read(const char *path, size_t max, size_t *len, struct err *err)
{
    int64_t size = 0;
    int fd = file_open(path, &size, err);
    if (fd < 0)
        return NULL;
    struct buf b;
    buf_init(&b, max);
    bool ok = true;
    if ((uint64_t)size > max)
        b.overflow = true;
    else if (!(ok = read_all(fd, &b)))
        err_errno(err, ERR_DISK, "cannot read %s", path);
    close(fd);
    if (b.overflow)
        ok = err_set(err, ERR_DISK, "%s is too large: more than %zu bytes",
                     path, max);
    if (!ok) {
        buf_free(&b);
        return NULL;
    }
    if (len)
        *len = b.len;
    return buf_take(&b);
}

bool file_write_all(int fd, const void *bytes, size_t len)
{
    const char *from = bytes;
    while (len > 0) {
        ssize_t put = write(fd, from, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        from += put;
        len -= (size_t)put;
    }
    return true;
}

bool file_sync_dir(const char *dir, struct err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_DISK, "cannot open %s", dir);
    // Some file systems have no fsync for folders, and need none.
    bool ok = fsync(fd) == 0 || errno == EINVAL;
    if (!ok)
        err_errno(err, ERR_DISK, "cannot sync %s", dir);
    close(fd);
    return ok;
}

static bool write_new(const char *path, const void *bytes, size_t len,
                      mode_t mode, bool durable)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    bool ok = file_write_all(fd, bytes, len) && (!durable || fsync(fd) == 0);
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    errno = why;
    return ok;
}

static bool write_over(const char *path, const void *bytes, size_t len,
                       mode_t mode, bool durable, struct err *err)
{
    char token[TOKEN_HEX];
    token_make(token);
    char *dir = path_dir(path);
    char *beside = xasprintf("%s/.tmp-%s", dir, token);
    bool ok = write_new(beside, bytes, len, mode, durable) &&
              rename(beside, path) == 0;
    if (!ok) {
        err_errno(err, ERR_DISK, "cannot write %s", path);
        unlink(beside);
    }
    ok = ok && (!durable || file_sync_dir(dir, err));
    free(beside);
    free(dir);
    return ok;
}

bool file_write(const char *path, const void *bytes, size_t len, mode_t mode,
                struct err *err)
{
    return write_over(path, bytes, len, mode, true, err);
}

bool file_write_soon(const char *path, const void *bytes, size_t len,
                     mode_t mode, struct err *err)
{
    return write_over(path, bytes, len, mode, false, err);
}

// Whether `fd` is still what `path` names: its file may have been removed
// while we waited, and a lock on a nameless file locks nobody out.
static bool still_named(int fd, const char *path)
{
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && stat(path, &named) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

int file_lock(const char *path, enum file_lock_mode mode, struct err *err)
{
    int how = LOCK_EX | (mode == FILE_TRY ? LOCK_NB : 0);
    for (;;) {
        int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0) {
            err_errno(err, ERR_DISK, "cannot open the lock %s", path);
            return FILE_LOCK_ERROR;
        }
        int rc;
        while ((rc = flock(fd, how)) != 0 && errno == EINTR)
            ;
        if (rc == 0 && still_named(fd, path))
            return fd;
        bool held = rc != 0 && errno == EWOULDBLOCK;
        if (rc != 0 && !held)
            err_errno(err, ERR_DISK, "cannot lock %s", path);
        close(fd);
        if (rc != 0)
            return held ? FILE_LOCK_HELD : FILE_LOCK_ERROR;
    }
}
