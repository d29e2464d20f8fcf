#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST 64

// What an empty buffer shows: nothing is allocated before the first byte, so
// that buf_init() and buf_take() leave nothing to free.
static char nothing[1];

void buf_init(struct buf *b, size_t max)
{
    // The NUL must fit, whatever the ceiling.
    *b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
    b->data = nothing;
}

void buf_free(struct buf *b)
{
    if (b->cap > 0)
        free(b->data);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->cap > 0)
        b->data[0] = '\0';
}

// Room for `more` bytes and the NUL.
static bool reserve(struct buf *b, size_t more)
{
    if (more > b->max - b->len) {
        b->overflow = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return true;
    size_t twice = b->cap > 0 ? b->cap * 2 : FIRST;
    size_t cap = b->cap > b->max / 2 ? b->max + 1 : twice;
    char *old = b->cap > 0 ? b->data : NULL;
    b->cap = cap < need ? need : cap;
    b->data = xrealloc(old, b->cap);
    if (!old)
        b->data[0] = '\0';
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!reserve(b, len))
        return false;
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = '\0';
    return true;
}

bool buf_str(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

bool buf_byte(struct buf *b, char c)
{
    if (b->len + 1 >= b->cap || b->len >= b->max)
        return buf_add(b, &c, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
    return true;
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    bool fits = len >= 0 && reserve(b, (size_t)len);
    if (fits) {
        vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
    if (!fits)
        b->overflow = true;
    return fits;
}

char *buf_take(struct buf *b)
{
    char *data = b->cap > 0 ? b->data : xcalloc(1, 1);
    buf_init(b, b->max);
    return data;
}
