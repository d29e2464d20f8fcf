// What the files of this room share. Every handle is a heap box: after its
// init only libuv's close callback may free it.

#pragma once

#include <uv.h>

#include "loop/loop.h"

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    size_t working; // jobs in the pool whose `done` has not run
    bool in_timer;  // inside a timer's callback
};

// End the process over a mistake of ours: what failed, and libuv's reason.
_Noreturn void loop_defect(const char *what, int uv_code);

// Close callback of a handle whose `data` is its heap box.
void loop_free_box(uv_handle_t *handle);

// Drop a child that was freed while it ran; false when it is still owned.
bool loop_child_forget(struct loop_child *child);
