#include "data/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PROBLEMS_MAX 100
#define TEXT_MAX 1000

void problems_init(struct problems *p, const char *file)
{
    *p = (struct problems){.file = xstrdup(file)};
}

void problems_free(struct problems *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->items[i].text);
    free(p->items);
    free(p->file);
    *p = (struct problems){0};
}

static void add(struct problems *p, struct pos pos, bool warning,
                const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));

static void add(struct problems *p, struct pos pos, bool warning,
                const char *fmt, va_list args)
{
    p->errors += !warning;
    // Warnings must not crowd out the error that explains the exit code.
    if (p->n >= (warning ? PROBLEMS_MAX / 2 : PROBLEMS_MAX)) {
        p->more++;
        return;
    }
    if (p->n == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 8;
        p->items = xreallocarray(p->items, p->cap, sizeof(*p->items));
    }
    char *text = xvasprintf(fmt, args);
    p->items[p->n++] = (struct problem){
        .pos = pos,
        .warning = warning,
        .text = text_printable(text, strlen(text), TEXT_MAX),
    };
    free(text);
}

void problem_add(struct problems *p, struct pos pos, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(p, pos, false, fmt, args);
    va_end(args);
}

void problem_warn(struct problems *p, struct pos pos, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add(p, pos, true, fmt, args);
    va_end(args);
}

// Whether one of the first `n` problems stands where `one` does.
static bool said_already(const struct problems *p, size_t n,
                         const struct problem *one)
{
    for (size_t i = 0; i < n; i++) {
        const struct problem *had = &p->items[i];
        bool same = had->pos.line == one->pos.line &&
                    had->pos.col == one->pos.col &&
                    had->warning == one->warning;
        if (same && (one->pos.line > 0 || strcmp(had->text, one->text) == 0))
            return true;
    }
    return false;
}

void problems_add_new(struct problems *p, const struct problems *more)
{
    size_t before = p->n;
    for (size_t i = 0; i < more->n; i++) {
        const struct problem *one = &more->items[i];
        if (said_already(p, before, one))
            continue;
        if (one->warning)
            problem_warn(p, one->pos, "%s", one->text);
        else
            problem_add(p, one->pos, "%s", one->text);
    }
}

static int by_pos(const void *a, const void *b)
{
    const struct problem *const *pa = a, *const *pb = b;
    const struct pos *x = &(*pa)->pos, *y = &(*pb)->pos;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->col != y->col)
        return x->col < y->col ? -1 : 1;
    return (*pa > *pb) - (*pa < *pb); // in order of addition
}

void problems_write(const struct problems *p, struct buf *out)
{
    const struct problem **sorted = xreallocarray(NULL, p->n, sizeof(*sorted));
    for (size_t i = 0; i < p->n; i++)
        sorted[i] = &p->items[i];
    if (p->n > 1)
        qsort(sorted, p->n, sizeof(*sorted), by_pos);
    char *file = text_printable(p->file, strlen(p->file), TEXT_MAX);
    for (size_t i = 0; i < p->n; i++) {
        const struct problem *one = sorted[i];
        const char *what = one->warning ? "warning" : "error";
        if (one->pos.line > 0)
            buf_printf(out, "%s:%d:%d: %s: %s\n", file, one->pos.line,
                       one->pos.col, what, one->text);
        else
            buf_printf(out, "%s: %s: %s\n", file, what, one->text);
    }
    if (p->more > 0)
        buf_printf(out, "%s: and %zu more\n", file, p->more);
    free(file);
    free(sorted);
}
