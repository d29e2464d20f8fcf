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
    for (size_t i = 0; i < p->n_others; i++)
        free(p->others[i]);
    free(p->items);
    free(p->others);
    free(p->file);
    *p = (struct problems){0};
}

int problems_file(struct problems *p, const char *name)
{
    for (size_t i = 0; i < p->n_others; i++) {
        if (strcmp(p->others[i], name) == 0)
            return (int)i + 1;
    }
    p->others = xreallocarray(p->others, p->n_others + 1, sizeof(*p->others));
    p->others[p->n_others++] = xstrdup(name);
    return (int)p->n_others;
}

const char *problems_file_name(const struct problems *p, struct pos pos)
{
    bool other = pos.file > 0 && (size_t)pos.file <= p->n_others;
    return other ? p->others[pos.file - 1] : p->file;
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

// Of two texts without a line: both begin with the same name in quotes, or are
// the same.
static bool of_the_same(const char *a, const char *b)
{
    const char *end = a[0] == '\'' ? strchr(a + 1, '\'') : NULL;
    return end ? strncmp(a, b, (size_t)(end - a) + 1) == 0 : strcmp(a, b) == 0;
}

// Whether one of the first `n` problems stands where `one` does.
static bool said_already(const struct problems *p, size_t n,
                         const struct problem *one)
{
    for (size_t i = 0; i < n; i++) {
        const struct problem *had = &p->items[i];
        bool same =
            had->pos.file == one->pos.file && had->pos.line == one->pos.line &&
            had->pos.col == one->pos.col && had->warning == one->warning;
        if (same && (one->pos.line > 0 || of_the_same(had->text, one->text)))
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
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->col != y->col)
        return x->col < y->col ? -1 : 1;
    return (*pa > *pb) - (*pa < *pb); // in order of addition
}

static void write_one(const struct problems *p, const struct problem *one,
                      struct buf *out)
{
    const char *name = problems_file_name(p, one->pos);
    char *file = text_printable(name, strlen(name), TEXT_MAX);
    buf_str(out, file);
    if (one->pos.line > 0)
        buf_printf(out, ":%d:%d", one->pos.line, one->pos.col);
    buf_printf(out, ": %s: %s\n", one->warning ? "warning" : "error",
               one->text);
    free(file);
}

void problems_write(const struct problems *p, struct buf *out)
{
    const struct problem **sorted = xreallocarray(NULL, p->n, sizeof(*sorted));
    for (size_t i = 0; i < p->n; i++)
        sorted[i] = &p->items[i];
    if (p->n > 1)
        qsort(sorted, p->n, sizeof(*sorted), by_pos);
    for (size_t i = 0; i < p->n; i++)
        write_one(p, sorted[i], out);
    if (p->more > 0) {
        char *file = text_printable(p->file, strlen(p->file), TEXT_MAX);
        buf_printf(out, "%s: and %zu more\n", file, p->more);
        free(file);
    }
    free(sorted);
}
