// What the files of this room share.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hash.h"
#include "store/store.h"

struct store {
    char *root;
    char *state;
    int root_fd;
};

// SHA-256 of the whole of `fd`; false with errno.
bool copy_hash(int fd, char out[HASH_HEX], int64_t *size);

// Everything of `from` into the empty `to`: shared blocks where the file system
// can, else copied by the kernel, else by us. False with errno.
bool copy_file(int from, int to);

// rename() that replaces nothing: EEXIST.
bool rename_new(const char *from, const char *to);

void take_facts(const struct stat *st, int64_t *size, int64_t *mtime_ns);
