#include "base/clock.h"

#include <pthread.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t system_wall(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_mono(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_MONOTONIC);
}

const struct clock clock_system = {system_wall, system_mono, NULL};

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

int64_t clock_mono_ms(const struct clock *clock)
{
    return clock->mono_ms(clock->ctx);
}

int64_t clock_mono_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

bool clock_cpu_mine(struct clock_cpu *cpu)
{
    return pthread_getcpuclockid(pthread_self(), &cpu->id) == 0;
}

int64_t clock_cpu_ms(const struct clock_cpu *cpu)
{
    return read_ms(cpu->id);
}
