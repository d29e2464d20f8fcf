// A page on its way to the disk, a cell at a time, whatever the number of
// cells.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"

struct page_file {
    int fd; // the caller's
    struct buf out;
    struct hash *hash; // of the data: the nonce is made of it, so that the same
                       // run is the same page, and no text in it can know it
    int64_t size;
    bool failed; // with errno of then in `why`
    int why;
};

// `fd` is empty. What goes wrong is told by page_file_end().
void page_file_begin(struct page_file *page, int fd);
// The next part of the data, JSON or a part of it.
void page_file_add(struct page_file *page, const char *json, size_t len);
// False with errno.
bool page_file_end(struct page_file *page);
