// A moment to come, for people.

#pragma once

#include <stdint.h>

// "at 18:40 (in 5 h 12 min)": `wait_ms` after the wall-clock time `now_ms`,
// local time, rounded up to a minute; with its day where that is another than
// today: "on Sun 22 Nov at 00:00 (in 8 h 20 min)". Owned.
char *when_text(int64_t now_ms, int64_t wait_ms);
