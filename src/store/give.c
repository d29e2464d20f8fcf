#include "store/give.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/internal.h"

static bool is_given(int dir, const char *name, int64_t size)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && st.st_size == size;
}

// Under another name first: what stops here leaves no half of a file under its
// own. False with errno.
static bool copy_beside(int from, int dir, const char *name)
{
    char *part = xasprintf("%s" GIVE_PART, name);
    unlinkat(dir, part, 0); // of one who was killed
    int to = openat(dir, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool ok = to >= 0 && copy_file(from, to, -1, NULL);
    int why = errno;
    if (to >= 0 && close(to) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && renameat(dir, part, dir, name) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok && to >= 0)
        unlinkat(dir, part, 0);
    free(part);
    errno = why;
    return ok;
}

// A regular file; -1 with errno.
static int open_plainly(const char *path, int64_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool ok = fstat(fd, &st) == 0;
    int why = ok ? EINVAL : errno;
    if (ok && S_ISREG(st.st_mode)) {
        *size = st.st_size;
        return fd;
    }
    close(fd);
    errno = why;
    return -1;
}

bool give_copy(const char *path, int dir, const char *name, int64_t *size,
               bool *written, struct err *err)
{
    int fd = open_plainly(path, size);
    *written = false;
    if (fd < 0)
        return err_errno(err, ERR_DISK, "cannot read %s", path);
    bool ok = is_given(dir, name, *size);
    if (!ok)
        *written = ok = copy_beside(fd, dir, name);
    if (!ok)
        err_errno(err, ERR_DISK, "cannot write %s", name);
    close(fd);
    return ok;
}
