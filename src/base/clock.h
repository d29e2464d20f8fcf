// Time as an argument. The pure rooms take a `struct clock`; a test passes one
// of its own. No other file of ours calls time() or clock_gettime().

#pragma once

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *ctx); // since 1970, may jump
    int64_t (*mono_ms)(void *ctx); // only forward, unknown origin
    void *ctx;
};

extern const struct clock clock_system;

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_mono_ms(const struct clock *clock);
