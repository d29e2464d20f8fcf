// Copies of clips and pictures for others, in a folder that is not ours to keep
// in order: a report. Blocks on the disk.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

// What the name of a copy ends with until it is whole.
#define GIVE_PART ".part"

// A copy (a reflink where the file system can) of the regular file `path`,
// never a link, as `name` in the open folder `dir`, whole or not at all; what
// is there already with the same size is that copy, and then *written is false.
// *size: its bytes. Not synced. Nobody else may give this name there meanwhile.
// False with `err`.
bool give_copy(const char *path, int dir, const char *name, int64_t *size,
               bool *written, struct err *err);
