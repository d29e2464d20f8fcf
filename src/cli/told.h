// What a clip tells of itself, wherever it lies.

#pragma once

#include "base/err.h"
#include "data/value.h"

// embed_read()'s tree, read by a media worker; owned. NULL with `err`: of kind
// ERR_FORMAT, "it …", where the file tells nothing; else it cannot be read.
struct value *told_of(const char *path, struct err *err);
