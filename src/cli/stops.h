// What asks a run to stop: Ctrl-C, kill(1), a terminal that is gone.

#pragma once

#include "loop/loop.h"

#define STOPS 3

struct stops {
    struct loop_signal *signals[STOPS];
};

// One that is to be ignored, as nohup(1) has it, is ignored; a shell has Ctrl-C
// ignored by all that it starts in the background, where kill(1) is meant.
void stops_take(struct stops *stops, struct loop *loop,
                void (*on_interrupt)(void *arg), void (*on_hangup)(void *arg),
                void *arg);
// All is on disk: one more does not change how we end.
void stops_drop(struct stops *stops);
