// The loop itself: making it, turning it, waking it, ending it.

#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "loop/internal.h"

_Noreturn void loop_defect(const char *what, int uv_code)
{
    log_error("%s: %s", what, uv_strerror(uv_code));
    abort();
}

void loop_free_box(uv_handle_t *handle)
{
    free(handle->data);
}

// Its only effect is that a blocked loop_once() returns.
static void on_wake(uv_async_t *wake)
{
    (void)wake;
}

struct loop *loop_new(void)
{
    // A peer that went away is an error of write(), not the end of us.
    signal(SIGPIPE, SIG_IGN);
    struct loop *loop = xcalloc(1, sizeof(*loop));
    int code = uv_loop_init(&loop->uv);
    if (code == 0)
        code = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (code != 0)
        loop_defect("cannot make an event loop", code);
    loop_away_begin(loop);
    loop_timers_begin(loop);
    return loop;
}

struct loop *loop_new_virtual(void)
{
    struct loop *loop = loop_new();
    leap_begin(loop);
    return loop;
}

void loop_once(struct loop *loop, bool block)
{
    loop_away_turn(loop);
    uv_run(&loop->uv, block ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->wake);
}

static void close_left(uv_handle_t *handle, void *arg)
{
    struct loop *loop = arg;
    if (uv_is_closing(handle) || handle == (uv_handle_t *)&loop->wake)
        return;
    if (handle->type == UV_PROCESS && loop_child_forget(handle->data))
        return;
    log_error("a %s was not freed before its loop",
              uv_handle_type_name(handle->type));
    abort();
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    while (loop->working > 0)
        uv_run(&loop->uv, UV_RUN_ONCE);
    loop_away_end(loop);
    loop_timers_end(loop);
    if (loop->leap)
        leap_end(loop);
    uv_walk(&loop->uv, close_left, loop);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int code = uv_loop_close(&loop->uv);
    if (code != 0)
        loop_defect("cannot end the event loop", code);
    free(loop);
}

const char *loop_version(void)
{
    return uv_version_string();
}
