// What the programs of the benches share, which need no more than libc: the
// clock, arrays that grow, and times in order.

#pragma once

#include <stddef.h>

// Ends the program with what went wrong, and errno.
void die(const char *what);

// `p`, with room for more than `n` of `size` bytes; *cap says for how many.
void *grown(void *p, size_t n, size_t *cap, size_t size);

// Milliseconds of the monotonic clock.
double now_ms(void);

// As many open files as the system allows.
void many_files(void);

struct due {
    double at; // of now_ms()
    size_t what;
};

// The earliest first. Zeroed, it is empty; never freed.
struct dues {
    struct due *heap;
    size_t n, cap;
};

void dues_push(struct dues *dues, double at, size_t what);
struct due dues_pop(struct dues *dues); // of one that is not empty
