// The files of lua/, as bytes in the program.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct embedded {
    const char *name; // below lua/, with "/" and without ".lua"
    const char *text; // followed by a NUL
    size_t len;
};

extern const struct embedded embedded_files[]; // by name; ends with name NULL

const struct embedded *embedded_find(const char *name); // or NULL

// The text of "boot" or "dialect/reverse", owned: below `lua_dir` when that is
// not NULL, else the embedded one. NULL with `err`.
char *embedded_read(const char *lua_dir, const char *name, size_t *len,
                    struct err *err);
