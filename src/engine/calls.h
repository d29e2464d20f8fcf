// Do the callbacks of a gateway come? What is known of that, pure.
//
// Where nothing is known, a few of its tasks are scouts: they are asked for as
// if none came, and all others wait for theirs. A callback for a task that a
// poll then found ended proves that they come. A task that was found ended
// without its own, which does not come within a grace either (it and the
// answer of the poll may have crossed), proves that they do not, until one is
// proven again.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/token.h"

#define CALLS_SCOUTS 8
#define CALLS_READ 16

enum calls_known { CALLS_UNKNOWN, CALLS_COME, CALLS_LOST };
struct calls {
    enum calls_known known;
    size_t n_scouts;
    char missed[TOKEN_HEX]; // whose callback has its grace; "": nobody's
    bool tell;              // one said how far its task is
    size_t ends;            // those that did not
};

// Does a task wait for its callback? Where not, it may be a scout from now on
// (*scout; it stays one until it leaves).
bool calls_wait(struct calls *calls, bool *scout);
void calls_leave(struct calls *calls, bool *scout); // fine for one that is none

// Its task ended, and its callback had come. True: that is news.
bool calls_came(struct calls *calls);
// Its task ended without. True: its grace begins.
bool calls_missed(struct calls *calls, const char *token);
// A callback came. True: it was the one with the grace, and so they come.
bool calls_heard(struct calls *calls, const char *token);
// May the next one say that its task goes on? To read it takes as long as a
// poll's answer does, which says the same: where CALLS_READ of them came at the
// end, and none before it, it is not read.
bool calls_tell(const struct calls *calls);
// One was read, and says so or not.
void calls_read(struct calls *calls, bool goes_on);
// The grace is over. True: they do not come, which is news.
bool calls_over(struct calls *calls);
