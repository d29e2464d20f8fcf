#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/internal.h"

#define CHUNK (64u << 10) // more would come from the system each time

static ssize_t read_some(int fd, void *bytes, size_t len)
{
    ssize_t got;
    do
        got = read(fd, bytes, len);
    while (got < 0 && errno == EINTR);
    return got;
}

bool copy_hash(int fd, char out[HASH_HEX], int64_t *size)
{
    struct hash *hash = hash_new();
    char *chunk = xmalloc(CHUNK);
    ssize_t got;
    *size = 0;
    while ((got = read_some(fd, chunk, CHUNK)) > 0) {
        hash_add(hash, chunk, (size_t)got);
        *size += got;
    }
    int why = errno;
    free(chunk);
    hash_end(hash, out);
    errno = why;
    return got == 0;
}

bool copy_compare(int fd, const char *sha256, bool *same)
{
    char found[HASH_HEX];
    int64_t size;
    if (lseek(fd, 0, SEEK_SET) != 0 || !copy_hash(fd, found, &size))
        return false;
    *same = strcmp(found, sha256) == 0;
    return true;
}

static bool copy_bytes(int from, int to)
{
    char *chunk = xmalloc(CHUNK);
    ssize_t got;
    bool ok = true;
    while (ok && (got = read_some(from, chunk, CHUNK)) != 0)
        ok = got > 0 && file_write_all(to, chunk, (size_t)got);
    int why = errno;
    free(chunk);
    errno = why;
    return ok;
}

// Two file systems are EXDEV, which says nothing of the next file.
static bool share_blocks(int from, int to, atomic_bool *unshared)
{
    if (unshared && atomic_load(unshared))
        return false;
    if (ioctl(to, FICLONE, from) == 0)
        return true;
    if (unshared && errno == EOPNOTSUPP)
        atomic_store(unshared, true);
    return false;
}

bool copy_file(int from, int to, int64_t size, atomic_bool *unshared)
{
    if (share_blocks(from, to, unshared))
        return true;
    // Wherever this stops (at the end, or because these two file systems do
    // not have it), both descriptors stand where copy_bytes() goes on.
    int64_t copied = 0;
    ssize_t got;
    while ((got = copy_file_range(from, NULL, to, NULL, 1u << 30, 0)) > 0)
        if ((copied += got) == size)
            return true;
    return copy_bytes(from, to);
}
