// Time as an argument. The pure rooms take a `struct clock`; a test passes one
// of its own. No other file of ours calls time() or clock_gettime().

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct clock {
    int64_t (*wall_ms)(void *ctx); // since 1970, may jump
    int64_t (*mono_ms)(void *ctx); // only forward, unknown origin
    void *ctx;
};

extern const struct clock clock_system;

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_mono_ms(const struct clock *clock);

// Microseconds of the system's own: for what is measured and told, never for
// what is decided.
int64_t clock_mono_us(void);

// The processor time that one thread has used: it does not go on while the
// thread waits, or the machine sleeps.
struct clock_cpu {
    clockid_t id;
};
bool clock_cpu_mine(struct clock_cpu *cpu);        // of the thread that calls
int64_t clock_cpu_ms(const struct clock_cpu *cpu); // from any thread
