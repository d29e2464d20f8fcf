// A folder for what is made on the way, below .tarmac. It is gone at the end;
// what a killed one left goes with the next.

#pragma once

#include <stdbool.h>

#include "base/err.h"

struct scratch {
    char *dir;  // absolute, or as `state_dir` is
    char *home; // that it is in
    int lock;   // -1: none
};

// Below state_dir/`name`, which only one process has at a time. False with
// `err`: its kind is ERR_NONE while another one has it.
bool scratch_open(struct scratch *scratch, const char *state_dir,
                  const char *name, struct err *err);
char *scratch_path(const struct scratch *scratch, const char *name); // owned
void scratch_close(struct scratch *scratch); // fine when it is not open
