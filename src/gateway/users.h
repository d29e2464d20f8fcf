// Who still needs us: every run holds the writing end of a FIFO open, which the
// kernel closes however the run ends. When the last writer has gone, the lock
// that starters hold is taken and the FIFO looked at once more, so that a run
// either finds us serving or starts a gateway of its own, and never attaches to
// one that is leaving.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "loop/loop.h"

struct users;

// `gone` is called once, on the loop; from then on the lock is held, until
// users_free(). Without any writer for 10 s from the start we leave too, and
// when the folder was removed under us: then nobody finds us, or our lock.
struct users *users_open(struct loop *loop, const char *fifo, const char *lock,
                         void (*gone)(void *arg), void *arg, struct err *err);
// The FIFO is where it was. If not, what lies there now is another gateway's.
bool users_may_come(const struct users *users);
void users_free(struct users *users); // NULL is fine
