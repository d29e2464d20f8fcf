// A part on its way, and the note beside it that lets another run go on with
// it. What lies there may be of another day, or put there: never followed.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/store.h"

#define NOTE_MAX (64u << 10)
#define PLAINLY (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static char *note_path(const char *part)
{
    return xasprintf("%s.json", part);
}

// A regular file, or -1 with errno; EEXIST: something else.
static int open_plainly(const char *path, int flags, int64_t *size)
{
    struct stat st;
    int fd = open(path, flags | PLAINLY, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = st.st_size;
        return fd;
    }
    close(fd);
    errno = EEXIST;
    return -1;
}

int store_part_open(const char *part, int64_t *size, bool *fresh,
                    struct err *err)
{
    int fd = open(part, O_RDWR | O_CREAT | O_EXCL | PLAINLY, 0600);
    *fresh = fd >= 0;
    *size = 0;
    if (fd < 0 && errno == EEXIST)
        fd = open_plainly(part, O_RDWR | O_CREAT, size);
    if (fd < 0)
        err_errno(err, ERR_DISK, "cannot write %s", part);
    return fd;
}

bool store_part_has(int fd, int64_t at, const void *bytes, size_t len)
{
    char *here = xmalloc(len + 1);
    size_t got = 0;
    while (got < len) {
        ssize_t n = pread(fd, here + got, len - got, at + (int64_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    bool has = got == len && memcmp(here, bytes, len) == 0;
    free(here);
    return has;
}

void store_part_note(const char *part, const char *text)
{
    int64_t size;
    char *path = note_path(part);
    size_t len = strlen(text);
    int fd = len <= NOTE_MAX
                 ? open_plainly(path, O_WRONLY | O_CREAT | O_TRUNC, &size)
                 : -1;
    // Without it the part is fetched anew, as by what parses no more.
    if (fd >= 0 && !file_write_all(fd, text, len))
        unlink(path);
    if (fd >= 0)
        close(fd);
    free(path);
}

char *store_part_noted(const char *part, size_t *len)
{
    int64_t size;
    char *path = note_path(part);
    int fd = open_plainly(path, O_RDONLY, &size);
    free(path);
    if (fd < 0)
        return NULL;
    char *text = size <= NOTE_MAX ? xmalloc((size_t)size + 1) : NULL;
    ssize_t got = text ? read(fd, text, (size_t)size) : -1;
    close(fd);
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    *len = (size_t)got;
    return text;
}

bool store_part_unnote(const char *part, struct err *err)
{
    char *path = note_path(part);
    bool gone = unlink(path) == 0 || errno == ENOENT ||
                err_errno(err, ERR_DISK, "cannot remove %s", path);
    free(path);
    return gone;
}
