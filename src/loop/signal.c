// Signals, delivered on the loop.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

struct loop_signal {
    uv_signal_t uv;
    void (*fn)(void *arg);
    void *arg;
};

static void on_signal(uv_signal_t *uv, int signum)
{
    (void)signum;
    struct loop_signal *signal = uv->data;
    signal->fn(signal->arg);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signum,
                                    void (*fn)(void *arg), void *arg)
{
    struct loop_signal *signal = xcalloc(1, sizeof(*signal));
    int code = uv_signal_init(&loop->uv, &signal->uv);
    signal->uv.data = signal;
    signal->fn = fn;
    signal->arg = arg;
    if (code == 0)
        code = uv_signal_start(&signal->uv, on_signal, signum);
    if (code != 0)
        loop_defect("cannot watch a signal", code);
    return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal)
        uv_close((uv_handle_t *)&signal->uv, loop_free_box);
}
