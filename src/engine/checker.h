// Does a clip play? Asked of `tarmac-media worker` processes, at most two, each
// one question at a time: a clip that crashes or hangs its reader costs that
// worker and fails that question only.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

struct checker_facts {
    double seconds;
    int width, height;
    char ext[8]; // of the file's content: "mp4"
};

enum checker_result {
    CHECKER_PLAYS,
    CHECKER_BAD,    // `why`: does not play, or ended its reader
    CHECKER_BROKEN, // `why`: there is no worker to ask
};

struct checker *checker_new(struct loop *loop, const char *program,
                            int64_t timeout_ms);
void checker_free(struct checker *checker); // no callback comes after this

// `done` once, on the loop, never from inside this call.
void checker_check(struct checker *checker, const char *path,
                   void (*done)(void *arg, enum checker_result result,
                                const struct checker_facts *facts,
                                const char *why),
                   void *arg);
