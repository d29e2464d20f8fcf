// Readiness of descriptors that somebody else owns.

#include <stdlib.h>

#include "base/mem.h"
#include "loop/internal.h"

struct loop_poll {
    uv_poll_t uv;
    void (*fn)(void *arg, int events);
    void *arg;
};

struct loop_poll *loop_poll_new(struct loop *loop, int fd,
                                void (*fn)(void *arg, int events), void *arg)
{
    struct loop_poll *poll = xcalloc(1, sizeof(*poll));
    // On failure libuv has not taken the handle: it is ours to free.
    if (uv_poll_init(&loop->uv, &poll->uv, fd) != 0) {
        free(poll);
        return NULL;
    }
    poll->uv.data = poll;
    poll->fn = fn;
    poll->arg = arg;
    return poll;
}

static void on_events(uv_poll_t *uv, int status, int events)
{
    struct loop_poll *poll = uv->data;
    int ours = status < 0 ? LOOP_ERROR : 0;
    if (events & UV_READABLE)
        ours |= LOOP_READ;
    if (events & UV_WRITABLE)
        ours |= LOOP_WRITE;
    poll->fn(poll->arg, ours);
}

void loop_poll_set(struct loop_poll *poll, int events)
{
    int theirs = 0;
    if (events & LOOP_READ)
        theirs |= UV_READABLE;
    if (events & LOOP_WRITE)
        theirs |= UV_WRITABLE;
    if (theirs == 0)
        uv_poll_stop(&poll->uv);
    else
        uv_poll_start(&poll->uv, theirs, on_events);
}

void loop_poll_free(struct loop_poll *poll)
{
    if (poll)
        uv_close((uv_handle_t *)&poll->uv, loop_free_box);
}
