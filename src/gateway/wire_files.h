// The files of wire/, as bytes in the program.

#pragma once

#include <stddef.h>

struct wire_file {
    const char *name; // "reverse"
    const char *text; // followed by a NUL
    size_t len;
};

extern const struct wire_file wire_files[]; // ends with name NULL
