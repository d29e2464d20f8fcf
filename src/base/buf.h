// A growing byte buffer with a ceiling, so that nothing from outside decides
// how much memory we use. The bytes are always followed by a NUL.
//
//     struct buf b;
//     buf_init(&b, 1 << 20);
//     buf_printf(&b, "%d", 42);
//     char *text = buf_take(&b); // or buf_free(&b)

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;    // never NULL after buf_init()
    size_t len;    // bytes before the NUL
    size_t cap;    // 0: nothing is allocated yet
    size_t max;    // ceiling for len
    bool overflow; // something did not fit; it was dropped whole
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);
void buf_clear(struct buf *b); // len = 0, overflow = false

// Each returns false, and sets `overflow`, when the ceiling is in the way.
bool buf_add(struct buf *b, const void *bytes, size_t len);
bool buf_str(struct buf *b, const char *s);
bool buf_byte(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

// The bytes, now the caller's (free()); `b` is as after buf_init().
char *buf_take(struct buf *b);
