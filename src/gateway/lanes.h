// Who may run next. Tasks of a model with a ceiling wait in a lane of their
// own; all the others share one.

#pragma once

#include <stdbool.h>

#include "gateway/task.h"

struct lanes;
struct lanes *lanes_new(void);
void lanes_free(struct lanes *lanes); // its tasks are not

void lanes_push(struct lanes *lanes, struct task *task); // behind all others
// The oldest task whose lane has a place, which it takes; NULL: none.
struct task *lanes_next(struct lanes *lanes);
// The task waits no more, and its place is free: it has ended.
void lanes_leave(struct task *task);
// It would wait, however many renderers there were.
bool lanes_throttle(const struct task *task);
