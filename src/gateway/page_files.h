// The files of page/, as bytes in the program.

#pragma once

#include <stddef.h>

struct page_file {
    const char *name; // "index"
    const char *text; // followed by a NUL
    size_t len;
};

extern const struct page_file page_files[]; // ends with name NULL
