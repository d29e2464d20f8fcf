#include "cli/key_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

extern char **environ;

static bool spawn(char *const *argv, int out, pid_t *pid, struct err *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    errno = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return errno == 0 ||
           err_errno(err, ERR_GATEWAY, "the key's command %s", argv[0]);
}

// What lies in the pipe; false at its end.
static bool take(int fd, struct buf *out)
{
    char bytes[512];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof(bytes))) > 0 && !out->overflow)
        buf_add(out, bytes, (size_t)got);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

// Until the child has ended: what it leaves running may keep the pipe open.
// False when it has not by then.
static bool listen_to(int child, int fd, int64_t timeout_ms, struct buf *out)
{
    struct pollfd on[] = {{.fd = child, .events = POLLIN},
                          {.fd = fd, .events = POLLIN}};
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    for (;;) {
        int64_t left = end - clock_mono_ms(&clock_system);
        if (left <= 0 || out->overflow)
            return false;
        poll(on, 2, left < INT_MAX ? (int)left : INT_MAX);
        if (on[1].revents && !take(fd, out))
            on[1].fd = -1;
        if (on[0].revents) {
            take(fd, out);
            return true;
        }
    }
}

static bool run(char *const *argv, const int ends[2], int64_t timeout_ms,
                struct buf *out, struct err *err)
{
    pid_t pid;
    if (!spawn(argv, ends[1], &pid, err))
        return false;
    int child = pidfd_open(pid, 0);
    bool ended = child >= 0 && listen_to(child, ends[0], timeout_ms, out);
    if (child >= 0)
        close(child);
    if (!ended)
        kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (out->overflow)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s printed more than a key", argv[0]);
    if (!ended)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s did not end within %g s and was "
                       "killed; 'timeout' beside 'command' gives it longer",
                       argv[0], (double)timeout_ms / 1000);
    if (WIFSIGNALED(status))
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s was killed by signal %d", argv[0],
                       WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s failed with exit code %d", argv[0],
                       WEXITSTATUS(status));
    return true;
}

bool key_command(char *const *argv, int64_t timeout_ms, struct buf *out,
                 struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, ERR_DISK, "pipe");
    // Only our end: what the child writes to is its own.
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    bool ok = run(argv, ends, timeout_ms, out, err);
    close(ends[0]);
    close(ends[1]);
    return ok;
}
