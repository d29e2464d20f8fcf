#include "cli/page_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "report/page.h"

#define CHUNK ((size_t)256 << 10)
#define NONCE_HEX 32
// JSON of a part is at most six times as long when it stands in a page.
#define OUT_MAX ((size_t)512 << 20)

static void flush(struct page_file *page)
{
    if (!page->failed &&
        !file_write_all(page->fd, page->out.data, page->out.len)) {
        page->failed = true;
        page->why = errno;
    }
    if (page->out.overflow && !page->failed) {
        page->failed = true;
        page->why = EFBIG;
    }
    page->size += (int64_t)page->out.len;
    buf_clear(&page->out);
}

void page_file_begin(struct page_file *page, int fd)
{
    static const char unknown[] = "00000000000000000000000000000000";
    *page = (struct page_file){.fd = fd, .hash = hash_new()};
    buf_init(&page->out, OUT_MAX);
    page_begin(&(struct page){.nonce = unknown}, &page->out);
    flush(page);
}

void page_file_add(struct page_file *page, const char *json, size_t len)
{
    hash_add(page->hash, json, len);
    page_data(json, len, &page->out);
    if (page->out.len >= CHUNK)
        flush(page);
}

bool page_file_end(struct page_file *page)
{
    char nonce[HASH_HEX];
    hash_end(page->hash, nonce);
    nonce[NONCE_HEX] = '\0';
    struct page with = {.nonce = nonce};
    page_end(&with, &page->out);
    flush(page);
    int64_t size = page->size;
    // What stands before the data, again: it is as long as before.
    page_begin(&with, &page->out);
    if (!page->failed && lseek(page->fd, 0, SEEK_SET) != 0) {
        page->failed = true;
        page->why = errno;
    }
    flush(page);
    page->size = size;
    buf_free(&page->out);
    errno = page->why;
    return !page->failed;
}
