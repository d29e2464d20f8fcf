#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        fputs("tarmac: error: out of memory\n", stderr);
        abort();
    }
    return p;
}

// malloc(0) may return NULL, which would look like a failure.
static size_t at_least_one(size_t size)
{
    return size ? size : 1;
}

void *xmalloc(size_t size)
{
    return checked(malloc(at_least_one(size)));
}

// What glibc keeps for the thread that freed it: its calloc() never looks
// there, and takes many times as long.
#define KEPT_MAX 1032

void *xcalloc(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > KEPT_MAX)
        return checked(calloc(n, size));
    return memset(xmalloc(bytes), 0, bytes);
}

void *xrealloc(void *p, size_t size)
{
    return checked(realloc(p, at_least_one(size)));
}

void *xreallocarray(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        checked(NULL);
    return xrealloc(p, bytes);
}

char *xstrdup(const char *s)
{
    if (!s)
        return NULL;
    size_t size = strlen(s) + 1;
    return memcpy(xmalloc(size), s, size);
}

char *xstrndup(const char *s, size_t len)
{
    len = strnlen(s, len);
    char *copy = xmalloc(len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *xvasprintf(const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    return checked(text);
}

char *xasprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = xvasprintf(fmt, args);
    va_end(args);
    return text;
}
