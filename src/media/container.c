#include "media/container.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOXES_MAX 1000000
#define GIF_TRAILER 0x3b
#define EBML_HEAD 0x1a45dfa3u
#define EBML_SEGMENT 0x18538067u

struct source {
    int fd;
    uint64_t size;
};

// The `n` (at most 8) bytes at `at` as a number, the first the highest.
static bool read_number(const struct source *s, uint64_t at, int n,
                        uint64_t *out)
{
    uint8_t bytes[8];
    if (at > s->size || pread(s->fd, bytes, (size_t)n, (off_t)at) != n)
        return false;
    *out = 0;
    for (int i = 0; i < n; i++)
        *out = *out << 8 | bytes[i];
    return true;
}

static bool boxes_whole(const struct source *s)
{
    uint64_t at = 0;
    for (int n = 0; at < s->size; n++) {
        uint64_t size;
        if (n == BOXES_MAX || !read_number(s, at, 4, &size))
            return false;
        if (size == 0) // to the end of the file
            return true;
        if (size == 1 && !read_number(s, at + 8, 8, &size))
            return false;
        if (size < 8 || size > s->size - at)
            return false;
        at += size;
    }
    return true;
}

// A length of EBML at `*at`, which moves behind it. `*known` false: open-ended.
static bool read_length(const struct source *s, uint64_t *at, uint64_t *out,
                        bool *known)
{
    uint64_t first;
    if (!read_number(s, *at, 1, &first) || first == 0)
        return false;
    int n = 1;
    while (!(first & (0x80u >> (n - 1))))
        n++;
    if (!read_number(s, *at, n, out))
        return false;
    uint64_t mask = n == 8 ? UINT64_MAX >> 8 : (1ull << (7 * n)) - 1;
    *out &= mask;
    *known = *out != mask;
    *at += (uint64_t)n;
    return true;
}

static bool ebml_whole(const struct source *s)
{
    static const uint32_t ids[] = {EBML_HEAD, EBML_SEGMENT};
    uint64_t at = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t id, size;
        bool known;
        if (!read_number(s, at, 4, &id) || id != ids[i])
            return false;
        at += 4;
        if (!read_length(s, &at, &size, &known))
            return false;
        if (!known)
            return i == 1;
        if (at > s->size || size > s->size - at)
            return false;
        at += size;
    }
    return true;
}

static bool gif_whole(const struct source *s)
{
    uint64_t last;
    return s->size > 0 && read_number(s, s->size - 1, 1, &last) &&
           last == GIF_TRAILER;
}

static bool whole(const struct source *s, enum container kind)
{
    switch (kind) {
    case CONTAINER_BOXES:
        return boxes_whole(s);
    case CONTAINER_EBML:
        return ebml_whole(s);
    case CONTAINER_GIF:
        return gif_whole(s);
    case CONTAINER_OTHER:
        return true;
    }
    return true;
}

bool container_whole(const char *path, enum container kind, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_errno(err, ERR_DISK, "%s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct source s = {fd, (uint64_t)st.st_size};
    bool ok = whole(&s, kind);
    close(fd);
    return ok ? true : err_set(err, ERR_FORMAT, "the file is cut off");
}
