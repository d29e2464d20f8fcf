// Named moments at which a test ends this process, as SIGKILL at just that
// moment would. Compiled in only with -DTARMAC_CRASH_POINTS=ON; otherwise a
// point is nothing.
//
//     TARMAC_CRASH_AT=after-accepted:2 tarmac run …   the second time it passes

#pragma once

#ifdef TARMAC_CRASH_POINTS
// The point "WHEN-WHAT"; from any thread.
#define CRASH_POINT(when, what) crash_point(when, what)
void crash_point(const char *when, const char *what);
#else
#define CRASH_POINT(when, what) ((void)0)
#endif
