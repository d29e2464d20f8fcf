// Child processes: lines of their stdout, bytes to their stdin, their end.
//
// A child outlives neither its pipes nor our interest by accident: our ends are
// close-on-exec, so it reads EOF when we die, however that comes. One that is
// freed while it runs stays known to the loop until it ends, so that it does
// not remain as a zombie.

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "loop/internal.h"

#define LINE_MAX_DEFAULT ((size_t)64 << 10)
#define READ_SIZE 16384

struct loop_child {
    uv_process_t process;
    uv_pipe_t in, out;
    uv_shutdown_t shutdown;
    int open;                       // handles that libuv still owns
    bool has_in, in_open, out_open; // in_open: takes more bytes
    bool exited, reported, freed;
    int status, signum;
    void (*on_line)(void *arg, const char *line, size_t len);
    void (*on_exit)(void *arg, int status, int signum);
    void *arg;
    struct buf line;
    char bytes[READ_SIZE];
};

struct write {
    uv_write_t uv;
    char bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    struct loop_child *child = handle->data;
    if (--child->open > 0)
        return;
    buf_free(&child->line);
    free(child);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_out(struct loop_child *child)
{
    if (child->out_open)
        close_handle(&child->out);
    child->out_open = false;
}

// Both the process and its output have ended: nothing more can come.
static void report_end(struct loop_child *child)
{
    if (!child->exited || child->out_open || child->reported || child->freed)
        return;
    child->reported = true;
    if (child->on_exit)
        child->on_exit(child->arg, child->status, child->signum);
}

static void on_process_exit(uv_process_t *process, int64_t status, int signum)
{
    struct loop_child *child = process->data;
    child->exited = true;
    child->status = (int)status;
    child->signum = signum;
    if (child->freed)
        close_handle(&child->process);
    report_end(child);
}

static void give_line(struct loop_child *child)
{
    if (child->on_line && !child->freed)
        child->on_line(child->arg, child->line.data, child->line.len);
    buf_clear(&child->line);
}

static void take(struct loop_child *child, const char *bytes, size_t len)
{
    while (len > 0 && !child->freed) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        if (!buf_add(&child->line, bytes, part)) {
            buf_clear(&child->line);
            loop_child_kill(child, SIGKILL);
            close_out(child);
            return;
        }
        if (!end)
            return;
        give_line(child);
        bytes += part + 1;
        len -= part + 1;
    }
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    (void)hint;
    struct loop_child *child = handle->data;
    *buf = uv_buf_init(child->bytes, sizeof(child->bytes));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct loop_child *child = stream->data;
    if (n > 0)
        take(child, buf->base, (size_t)n);
    else if (n < 0) {
        if (child->line.len > 0)
            give_line(child);
        close_out(child);
    }
    report_end(child);
}

static struct loop_child *child_new(struct loop *loop,
                                    const struct loop_child_spec *spec)
{
    struct loop_child *child = xcalloc(1, sizeof(*child));
    child->on_line = spec->on_line;
    child->on_exit = spec->on_exit;
    child->arg = spec->arg;
    buf_init(&child->line, spec->line_max ? spec->line_max : LINE_MAX_DEFAULT);
    uv_pipe_init(&loop->uv, &child->out, 0);
    child->out.data = child;
    child->process.data = child;
    child->out_open = true;
    child->open = 2; // the process, stdout
    if (spec->pipe_in) {
        uv_pipe_init(&loop->uv, &child->in, 0);
        child->in.data = child;
        child->has_in = child->in_open = true;
        child->open++;
    }
    return child;
}

static int spawn(struct loop *loop, struct loop_child *child,
                 const struct loop_child_spec *spec, int stderr_fd)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&child->out},
        {.flags = UV_INHERIT_FD, .data.fd = stderr_fd},
    };
    if (spec->pipe_in) {
        stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
        stdio[0].data.stream = (uv_stream_t *)&child->in;
    }
    // libuv's array is not const, but it does not write to it.
    uv_process_options_t options = {
        .exit_cb = on_process_exit,
        .file = spec->argv[0],
        .args = (char **)(uintptr_t)spec->argv,
        .flags = spec->detached ? UV_PROCESS_DETACHED : 0,
        .stdio = stdio,
        .stdio_count = 3,
    };
    int code = uv_spawn(&loop->uv, &child->process, &options);
    if (code == 0)
        uv_read_start((uv_stream_t *)&child->out, on_alloc, on_read);
    return code;
}

struct loop_child *loop_child_spawn(struct loop *loop,
                                    const struct loop_child_spec *spec,
                                    struct err *err)
{
    int stderr_fd = STDERR_FILENO;
    if (spec->stderr_path) {
        stderr_fd = open(spec->stderr_path,
                         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (stderr_fd < 0) {
            err_errno(err, ERR_DISK, "cannot write to %s", spec->stderr_path);
            return NULL;
        }
    }
    struct loop_child *child = child_new(loop, spec);
    int code = spawn(loop, child, spec, stderr_fd);
    if (spec->stderr_path)
        close(stderr_fd);
    if (code == 0)
        return child;
    child->exited = true; // there is no process
    loop_child_free(child);
    err_set(err, ERR_DEFECT, "cannot start %s: %s", spec->argv[0],
            uv_strerror(code));
    return NULL;
}

static void on_written(uv_write_t *uv, int status)
{
    (void)status; // a child that does not read is noticed by its end
    free(uv->data);
}

void loop_child_write(struct loop_child *child, const void *bytes, size_t len)
{
    if (!child->in_open || len == 0)
        return;
    struct write *write = xmalloc(sizeof(*write) + len);
    memcpy(write->bytes, bytes, len);
    write->uv.data = write;
    uv_buf_t buf = uv_buf_init(write->bytes, (unsigned)len);
    int code =
        uv_write(&write->uv, (uv_stream_t *)&child->in, &buf, 1, on_written);
    if (code != 0)
        free(write);
}

static void on_flushed(uv_shutdown_t *shutdown, int status)
{
    struct loop_child *child = shutdown->data;
    if (status != UV_ECANCELED) // then it is being closed already
        close_handle(&child->in);
}

void loop_child_close_in(struct loop_child *child)
{
    if (!child->in_open)
        return;
    child->in_open = false;
    child->shutdown.data = child;
    uv_stream_t *in = (uv_stream_t *)&child->in;
    if (uv_shutdown(&child->shutdown, in, on_flushed) != 0)
        close_handle(&child->in);
}

void loop_child_kill(struct loop_child *child, int signum)
{
    if (!child->exited)
        uv_process_kill(&child->process, signum);
}

int loop_child_pid(const struct loop_child *child)
{
    return child->process.pid;
}

void loop_child_free(struct loop_child *child)
{
    if (!child)
        return;
    child->freed = true;
    child->in_open = false;
    if (child->has_in)
        close_handle(&child->in);
    close_out(child);
    if (child->exited)
        close_handle(&child->process);
    else
        uv_unref((uv_handle_t *)&child->process);
}

bool loop_child_forget(struct loop_child *child)
{
    if (child->freed)
        close_handle(&child->process);
    return child->freed;
}
