// How two locks differ, cell by cell. Pure.

#pragma once

#include "report/lock.h"

struct differing {
    // What is known of a purchase's request, its neutral form; owned. NULL:
    // nothing is.
    struct value *(*request)(void *arg, const char *fingerprint);
    // A cell that is in `a` alone, in `b` alone (then the other is NULL), or in
    // both and not the same: `how`, one line. In the order of names.
    void (*cell)(void *arg, const char *cell, bool in_a, bool in_b,
                 const char *how);
    void *arg;
};

// How many cells there are in either.
size_t differing_tell(const struct differing *differing, const struct lock *a,
                      const struct lock *b);
