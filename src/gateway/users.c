#include "gateway/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define FIRST_WRITER_MS 10000
#define LOCK_RETRY_MS 100

struct users {
    int fifo;
    int lock; // held from the moment that we leave; else -1
    char *fifo_path, *lock_path;
    dev_t device; // of the FIFO
    ino_t inode;
    bool lock_failed; // said once
    struct loop_poll *poll;
    struct loop_timer *timer;
    void (*gone)(void *arg);
    void *arg;
};

// What writers say is of no interest, only that they are there: a read gives
// nothing at once when one is, and the end when none is.
static bool has_writer(const struct users *u)
{
    char junk[512];
    for (int i = 0; i < 64; i++) {
        ssize_t n = read(u->fifo, junk, sizeof junk);
        if (n == 0)
            return false;
        if (n < 0 && errno != EINTR)
            return errno == EAGAIN;
    }
    return true;
}

bool users_may_come(const struct users *u)
{
    struct stat st;
    return stat(u->fifo_path, &st) == 0 && st.st_dev == u->device &&
           st.st_ino == u->inode;
}

static void look(void *arg)
{
    struct users *u = arg;
    if (has_writer(u)) {
        loop_poll_set(u->poll, LOOP_READ);
        return;
    }
    loop_poll_set(u->poll, 0); // the end of the FIFO would report for ever
    if (!users_may_come(u)) {
        u->gone(u->arg);
        return;
    }
    struct err err;
    int lock = file_lock(u->lock_path, FILE_TRY, &err);
    if (lock < 0) {
        if (lock == FILE_LOCK_ERROR && !u->lock_failed)
            log_warn("gateway: %s", err.text);
        u->lock_failed |= lock == FILE_LOCK_ERROR;
        loop_timer_start(u->timer, LOCK_RETRY_MS);
        return;
    }
    if (has_writer(u)) { // it came while we waited for the lock
        close(lock);
        loop_poll_set(u->poll, LOOP_READ);
        return;
    }
    u->lock = lock;
    u->gone(u->arg);
}

static void on_fifo(void *arg, int events)
{
    (void)events;
    struct users *u = arg;
    if (!has_writer(u))
        look(u);
}

struct users *users_open(struct loop *loop, const char *fifo, const char *lock,
                         void (*gone)(void *arg), void *arg, struct err *err)
{
    int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, ERR_DISK, "--users %s", fifo);
        return NULL;
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode)) {
        close(fd);
        err_set(err, ERR_USAGE, "--users %s: not a FIFO", fifo);
        return NULL;
    }
    struct users *u = xcalloc(1, sizeof *u);
    u->fifo = fd;
    u->lock = -1;
    u->fifo_path = xstrdup(fifo);
    u->device = st.st_dev;
    u->inode = st.st_ino;
    u->lock_path = xstrdup(lock);
    u->gone = gone;
    u->arg = arg;
    u->poll = loop_poll_new(loop, fd, on_fifo, u);
    u->timer = loop_timer_new(loop, look, u);
    loop_poll_set(u->poll, LOOP_READ);
    if (!has_writer(u))
        loop_timer_start(u->timer, FIRST_WRITER_MS);
    return u;
}

void users_free(struct users *u)
{
    if (!u)
        return;
    loop_poll_free(u->poll);
    loop_timer_free(u->timer);
    close(u->fifo);
    if (u->lock >= 0)
        close(u->lock);
    free(u->fifo_path);
    free(u->lock_path);
    free(u);
}
