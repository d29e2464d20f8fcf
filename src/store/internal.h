// What the files of this room share.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/store.h"

// The folders ab/ of clips that this process knows to be on disk: what the one
// above them says of them.
#define SHARDS 256
struct shards {
    atomic_bool known[SHARDS];
};

struct known; // clips that were read; from any thread

struct store {
    char *root;
    char *state;
    int root_fd;
    struct shards *shards;
    struct known *known;
    atomic_bool *unshared; // the disk of its clips has no shared blocks
    bool has_proc;         // which leads from a descriptor to a name
};

struct known *known_new(void);
void known_free(struct known *known);
// `st`: of the file that was read and is the clip `sha256`, as it is now.
void known_add(struct known *known, const char *sha256, const struct stat *st);
bool known_has(struct known *known, const char *sha256, const struct stat *st);
// Nobody has written to the file between these two.
bool known_same_bytes(const struct stat *a, const struct stat *b);
// *whole: what `fd` holds is the clip; read where it is not known. False with
// errno.
bool known_read(struct known *known, const char *sha256, int fd, bool *whole);

// SHA-256 of the whole of `fd`; false with errno.
bool copy_hash(int fd, char out[HASH_HEX], int64_t *size);
// *same: what `fd` holds has this hash. False with errno.
bool copy_compare(int fd, const char *sha256, bool *same);

// Everything of `from` into the empty `to`: shared blocks where the file system
// can, else copied by the kernel, else by us. `size`: where its end is, which
// is looked for with -1. `unshared`: not tried again once it is learned that
// the disk of `from` cannot; or NULL. False with errno.
bool copy_file(int from, int to, int64_t size, atomic_bool *unshared);

// rename() that replaces nothing: EEXIST.
bool rename_new(const char *from, const char *to);

void take_facts(const struct stat *st, int64_t *size, int64_t *mtime_ns);
