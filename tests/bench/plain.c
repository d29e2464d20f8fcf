#include "plain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

void die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
            strerror(errno));
    exit(1);
}

void *grown(void *p, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return p;
    *cap = *cap ? *cap * 2 : 64;
    while (*cap <= n)
        *cap *= 2;
    p = realloc(p, *cap * size);
    if (!p)
        die("memory");
    return p;
}

double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void many_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        die("getrlimit");
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

void dues_push(struct dues *dues, double at, size_t what)
{
    dues->heap = grown(dues->heap, dues->n, &dues->cap, sizeof(*dues->heap));
    size_t i = dues->n++;
    for (; i > 0 && dues->heap[(i - 1) / 2].at > at; i = (i - 1) / 2)
        dues->heap[i] = dues->heap[(i - 1) / 2];
    dues->heap[i] = (struct due){at, what};
}

struct due dues_pop(struct dues *dues)
{
    struct due *heap = dues->heap, first = heap[0], last = heap[--dues->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < dues->n; i = child) {
        if (child + 1 < dues->n && heap[child + 1].at < heap[child].at)
            child++;
        if (last.at <= heap[child].at)
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return first;
}
