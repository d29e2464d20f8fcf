// Whole files, durable writes, and locks. The only room that opens files for
// the others; fopen() is banned elsewhere.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

// Open a regular file for reading, never waiting (a FIFO is refused). `size`
// may be NULL. The descriptor is the caller's; -1 with `err`.
int file_open(const char *path, int64_t *size, struct err *err);

// Read a whole regular file of at most `max` bytes; NUL-terminated, owned.
// NULL with `err` when it is missing, a directory, larger, or unreadable.
// `len` may be NULL.
char *file_read(const char *path, size_t max, size_t *len, struct err *err);

// Write beside, fsync, rename over `path`, fsync the folder. `mode` is
// subject to the umask. Failing, `path` is as it was.
bool file_write(const char *path, const void *bytes, size_t len, mode_t mode,
                struct err *err);

// The same without a wait for the disk: after a power cut the file may be
// missing, or empty.
bool file_write_soon(const char *path, const void *bytes, size_t len,
                     mode_t mode, struct err *err);

// Write all of `len` bytes to `fd` (EINTR and short writes handled).
bool file_write_all(int fd, const void *bytes, size_t len);

bool file_sync_dir(const char *dir, struct err *err);

enum file_lock {
    FILE_LOCK_HELD = -2, // another process has it (FILE_TRY only)
    FILE_LOCK_ERROR = -1,
};
enum file_lock_mode { FILE_TRY, FILE_WAIT };

// flock() `path` exclusively, creating it (0600). The descriptor is the lock:
// close() or the end of the process, however it comes, frees it; children do
// not inherit it. Returns the descriptor or an enum file_lock.
int file_lock(const char *path, enum file_lock_mode mode, struct err *err);
