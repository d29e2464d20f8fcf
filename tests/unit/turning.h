// A loop that turns until something has happened, or for too long.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "loop/loop.h"

#define DEADLINE_MS 20000

static inline void turn_until(struct loop *loop, const bool *done)
{
    int64_t end = clock_mono_ms(&clock_system) + DEADLINE_MS;
    while (!*done) {
        assert_true(clock_mono_ms(&clock_system) < end);
        loop_once(loop, true);
    }
}
