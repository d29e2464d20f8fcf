#include "ledger/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

static char *lock_path(const char *state_dir, const char *id)
{
    return xasprintf("%s/runs/%s.lock", state_dir, id);
}

bool run_lock_take(struct run_lock *lock, const char *state_dir,
                   struct err *err)
{
    *lock = (struct run_lock){.fd = -1};
    char *dir = path_join(state_dir, "runs");
    bool ok = path_mkdirs(dir, err);
    free(dir);
    if (!ok)
        return false;
    token_make(lock->id);
    lock->path = lock_path(state_dir, lock->id);
    lock->fd = file_lock(lock->path, FILE_TRY, err);
    if (lock->fd == FILE_LOCK_HELD)
        err_set(err, ERR_DISK, "another process holds %s", lock->path);
    if (lock->fd >= 0)
        return true;
    free(lock->path);
    *lock = (struct run_lock){.fd = -1};
    return false;
}

void run_lock_drop(struct run_lock *lock)
{
    if (lock->fd >= 0) {
        unlink(lock->path);
        close(lock->fd);
    }
    free(lock->path);
    *lock = (struct run_lock){.fd = -1};
}

// Asks for a shared lock, so that two processes that ask at the same time do
// not take each other for the owner; and makes no file, since a run has its own
// before the ledger names it.
bool run_is_dead(const char *state_dir, const char *id)
{
    char *path = lock_path(state_dir, id);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool dead = fd < 0 && errno == ENOENT;
    free(path);
    if (fd >= 0) {
        dead = flock(fd, LOCK_SH | LOCK_NB) == 0;
        close(fd);
    }
    return dead;
}
