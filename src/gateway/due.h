// Tasks whose clip is there, and that end once the time has passed which every
// task takes at least. Each knows its moment: none waits for the others.

#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "gateway/task.h"
#include "loop/loop.h"

struct dues;

// `latency_ms`: from acceptance to success.
struct dues *dues_new(struct loop *loop, struct tasks *tasks,
                      const struct clock *clock, int64_t latency_ms);
// Its tasks stay open, and know of it no more. NULL is fine.
void dues_free(struct dues *dues);

// The rest is what task_succeed() will be told.
void dues_add(struct dues *dues, struct task *task, double seconds,
              int64_t cost);
void dues_drop(struct task *task); // one that is not there is fine

// How much of its time has passed, of 1000.
int dues_passed(const struct dues *dues, const struct task *task);
// Its progress as it is now; of a task that is none of ours, nothing changes.
void dues_look(struct dues *dues, struct task *task);
