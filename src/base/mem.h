// Allocation that never fails: when memory runs out the process ends, so no
// caller checks for NULL. Everything returned is the caller's, by free().

#pragma once

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
void *xreallocarray(void *p, size_t n, size_t size); // aborts on overflow
char *xstrdup(const char *s);                        // NULL stays NULL
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list args)
    __attribute__((format(printf, 1, 0)));
