// `tarmac-media sheet|wall`: a montage put together by another process.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "loop/loop.h"
#include "report/montage.h"

struct composing_job {
    struct loop *loop;
    const char *program; // tarmac-media
    enum montage_kind kind;
    const char *spec, *out; // files: what is to be made, and where
    const bool *stopped;    // looked at whenever the loop has turned
    void (*on_part)(void *arg, double part); // 0..1
    void *arg;
};

// False with `err` when it could not; also when it was stopped.
bool composing_run(const struct composing_job *job, struct err *err);
