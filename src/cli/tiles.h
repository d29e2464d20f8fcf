// What each cell of a montage shows, made by the workers: a clip that crashes
// or hangs one costs that cell its picture, and nothing else.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "loop/loop.h"
#include "report/montage.h"

struct tiles_job {
    struct loop *loop;
    const char *program;         // tarmac-media
    const char *state_dir, *dir; // where clips are, where tiles go
    struct montage *montage;     // laid; is told of each cell
    const struct value *at;      // of stills: which picture; NULL: films
    const bool *stopped;         // looked at whenever the loop has turned
    void (*on_done)(void *arg, size_t done, size_t all);
    void *arg;
};

// *made: how many there are. False with `err` when the disk fails, or there is
// no worker; also when it was stopped.
bool tiles_make(const struct tiles_job *job, size_t *made, struct err *err);
