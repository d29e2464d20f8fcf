// What the files of a lock share.

#pragma once

#include "report/lock.h"

struct lock_cell {
    char *name;
    struct lock_entry **entries; // sorted
    size_t n;
};

struct lock {
    char *recipe;
    struct value *given;
    struct lock_cell **cells; // sorted
    size_t n;
    struct lock_cell *current;     // that entries are added to
    struct lock_entry **purchases; // an entry of each, by fingerprint
    size_t n_purchases;
    size_t
        nodes; // as yaml_read() will count them; more than it takes: too many
};
