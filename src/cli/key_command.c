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

// --- Ctrl-C while the command runs: it may wait for somebody to type
static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
#define STOPS (sizeof(stops) / sizeof(stops[0]))
static int stop_fd; // our end of the pipe that tells of them

struct stop {
    int ends[2];
    struct sigaction before[STOPS];
};

static void on_stop(int signum)
{
    int before = errno;
    unsigned char byte = (unsigned char)signum;
    // A full pipe has been told of others.
    ssize_t told = write(stop_fd, &byte, 1);
    (void)told;
    errno = before;
}

static bool stop_listen(struct stop *stop, struct err *err)
{
    struct sigaction ours = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    if (pipe2(stop->ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno(err, ERR_DISK, "pipe");
    stop_fd = stop->ends[1];
    for (size_t i = 0; i < STOPS; i++) {
        sigaction(stops[i], NULL, &stop->before[i]);
        if (stop->before[i].sa_handler != SIG_IGN)
            sigaction(stops[i], &ours, NULL);
    }
    return true;
}

// Whoever listened before hears of what came.
static void stop_end(struct stop *stop)
{
    unsigned char signum;
    for (size_t i = 0; i < STOPS; i++)
        sigaction(stops[i], &stop->before[i], NULL);
    while (read(stop->ends[0], &signum, 1) == 1)
        raise(signum);
    close(stop->ends[0]);
    close(stop->ends[1]);
}

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

enum end { ENDED, LATE, STOPPED };

// Until the child has ended: what it leaves running may keep the pipe open.
static enum end listen_to(int child, int fd, int stop, int64_t timeout_ms,
                          struct buf *out)
{
    struct pollfd on[] = {{.fd = child, .events = POLLIN},
                          {.fd = fd, .events = POLLIN},
                          {.fd = stop, .events = POLLIN}};
    int64_t end = clock_mono_ms(&clock_system) + timeout_ms;
    for (;;) {
        int64_t left = end - clock_mono_ms(&clock_system);
        if (left <= 0 || out->overflow)
            return LATE;
        for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
            on[i].revents = 0;
        poll(on, 3, left < INT_MAX ? (int)left : INT_MAX);
        if (on[2].revents)
            return STOPPED;
        if (on[1].revents && !take(fd, out))
            on[1].fd = -1;
        if (on[0].revents) {
            take(fd, out);
            return ENDED;
        }
    }
}

static bool how_it_went(const char *name, enum end end, int status,
                        int64_t timeout_ms, bool overflow, struct err *err)
{
    if (end == STOPPED)
        return err_set(err, ERR_GATEWAY, "the key's command %s was stopped",
                       name);
    if (overflow)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s printed more than a key", name);
    if (end == LATE)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s did not end within %g s and was "
                       "killed; 'timeout' beside 'command' gives it longer",
                       name, (double)timeout_ms / 1000);
    if (WIFSIGNALED(status))
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s was killed by signal %d", name,
                       WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_GATEWAY,
                       "the key's command %s failed with exit code %d", name,
                       WEXITSTATUS(status));
    return true;
}

static bool run(char *const *argv, const int ends[2], int stop,
                int64_t timeout_ms, struct buf *out, struct err *err)
{
    pid_t pid;
    if (!spawn(argv, ends[1], &pid, err))
        return false;
    int child = pidfd_open(pid, 0);
    enum end end =
        child >= 0 ? listen_to(child, ends[0], stop, timeout_ms, out) : LATE;
    if (child >= 0)
        close(child);
    if (end != ENDED)
        kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return how_it_went(argv[0], end, status, timeout_ms, out->overflow, err);
}

bool key_command(char *const *argv, int64_t timeout_ms, struct buf *out,
                 struct err *err)
{
    int ends[2];
    struct stop stop;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_errno(err, ERR_DISK, "pipe");
    // Only our end: what the child writes to is its own.
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    bool ok = stop_listen(&stop, err);
    if (ok) {
        ok = run(argv, ends, stop.ends[0], timeout_ms, out, err);
        stop_end(&stop);
    }
    close(ends[0]);
    close(ends[1]);
    return ok;
}
