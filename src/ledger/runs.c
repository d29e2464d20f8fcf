#include "ledger/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "ledger/internal.h"

#define ROOM_BYTES (16u << 10)    // of notes, about 230
#define NOTES_BYTES (1024u << 10) // more than that is no file of ours
#define TASK_BYTES 256
#define UPKEEP "runs/upkeep"
#define LOCK ".lock"

static char *lock_path(const char *state_dir, const char *id)
{
    return xasprintf("%s/runs/%s" LOCK, state_dir, id);
}

// Zeros that are on disk, to be written over.
static bool make_room(const struct run_lock *lock, const char *dir,
                      struct err *err)
{
    char *zeros = xcalloc(ROOM_BYTES, 1);
    bool ok =
        file_write_all(lock->fd, zeros, ROOM_BYTES) && fsync(lock->fd) == 0;
    free(zeros);
    if (!ok)
        return err_errno(err, ERR_DISK, "cannot write %s", lock->path);
    return file_sync_dir(dir, err);
}

// Asked with the run's own lock held and written to: upkeep that begins later
// sees that one.
static bool no_upkeep(const char *state_dir, struct err *err)
{
    char *path = path_join(state_dir, UPKEEP);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool none = fd < 0 && errno == ENOENT;
    if (fd < 0 && !none)
        err_errno(err, ERR_DISK, "cannot open %s", path);
    free(path);
    if (fd < 0)
        return none;
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return !held || err_set(err, ERR_DISK,
                            "tarmac prune --delete or verify --fix is at work "
                            "in %s: wait for its end",
                            state_dir);
}

bool run_lock_take(struct run_lock *lock, const char *state_dir,
                   struct err *err)
{
    *lock = (struct run_lock){.fd = -1};
    char *dir = path_join(state_dir, "runs");
    bool ok = path_mkdirs(dir, err);
    if (ok) {
        token_make(lock->id);
        lock->path = lock_path(state_dir, lock->id);
        lock->fd = file_lock(lock->path, FILE_TRY, err);
        if (lock->fd == FILE_LOCK_HELD)
            err_set(err, ERR_DISK, "another process holds %s", lock->path);
        ok = lock->fd >= 0 && make_room(lock, dir, err) &&
             no_upkeep(state_dir, err);
    }
    free(dir);
    if (!ok)
        run_lock_drop(lock);
    return ok;
}

void run_lock_drop(struct run_lock *lock)
{
    char first = '\0';
    if (lock->fd >= 0) {
        if (pread(lock->fd, &first, 1, 0) <= 0 || first == '\0')
            unlink(lock->path);
        close(lock->fd);
    }
    free(lock->path);
    *lock = (struct run_lock){.fd = -1};
}

// --- the folder
struct run_files run_files_open(const char *state_dir, const char *end)
{
    char *dir = path_join(state_dir, "runs");
    struct run_files files = {.dir = opendir(dir), .end = end};
    free(dir);
    return files;
}

char *run_files_next(struct run_files *files)
{
    struct dirent *entry;
    while (files->dir && (entry = readdir(files->dir))) {
        size_t stem = text_stem(entry->d_name, files->end);
        if (stem > 0)
            return xstrndup(entry->d_name, stem);
    }
    return NULL;
}

void run_files_close(struct run_files *files)
{
    if (files->dir)
        closedir(files->dir);
    files->dir = NULL;
}

// Asks for a shared lock, so that two processes that ask at the same time do
// not take each other for the owner; and makes no file, since a run has its own
// before the ledger names it.
bool run_is_dead(const char *state_dir, const char *id)
{
    // A name that no run has, as a ledger from elsewhere may hold.
    if (strchr(id, '/'))
        return true;
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

// --- notes: lines of "token task_id", then zeros
static bool may_stand_there(const char *task_id)
{
    size_t len = strlen(task_id);
    for (const char *c = task_id; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return len > 0 && len <= TASK_BYTES && text_is_utf8(task_id, len);
}

// The notes of one file, NUL-terminated; owned.
static char *read_notes(const char *path)
{
    size_t len;
    return file_read(path, NOTES_BYTES, &len, NULL);
}

static bool add_note(int fd, off_t at, const char *line)
{
    size_t len = strlen(line);
    return pwrite(fd, line, len, at) == (ssize_t)len && fdatasync(fd) == 0;
}

bool run_note(const char *state_dir, const char *run, const char *token,
              const char *task_id, struct err *err)
{
    if (!may_stand_there(task_id))
        return err_set(err, ERR_DISK, "this task's name cannot be noted");
    char *path = lock_path(state_dir, run);
    char *notes = read_notes(path);
    int fd = notes ? open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    size_t at = notes ? strlen(notes) : 0;
    // The line before was cut: it ends with what no task has, to stay none.
    bool cut = at > 0 && notes[at - 1] != '\n';
    char *line = xasprintf("%s%s %s\n", cut ? " \n" : "", token, task_id);
    bool ok = fd >= 0 && add_note(fd, (off_t)at, line);
    if (!ok)
        err_errno(err, ERR_DISK, "cannot write %s", path);
    if (fd >= 0)
        close(fd);
    free(line);
    free(notes);
    free(path);
    return ok;
}

// The task on the line of `token`; a line that was cut is none.
static char *find_note(const char *notes, const char *token)
{
    size_t len = strlen(token);
    for (const char *at = notes, *end; (end = strchr(at, '\n')); at = end + 1) {
        if (strncmp(at, token, len) != 0 || at[len] != ' ')
            continue;
        char *task = xstrndup(at + len + 1, (size_t)(end - at) - len - 1);
        if (may_stand_there(task))
            return task;
        free(task);
    }
    return NULL;
}

char *run_noted(const char *state_dir, const char *token)
{
    struct run_files files = run_files_open(state_dir, LOCK);
    char *task = NULL;
    for (char *id; !task && (id = run_files_next(&files)); free(id)) {
        char *path = lock_path(state_dir, id);
        char *notes = read_notes(path);
        task = notes ? find_note(notes, token) : NULL;
        free(notes);
        free(path);
    }
    run_files_close(&files);
    return task;
}

// --- upkeep

// A run takes its lock before it writes to it: an empty file is of one that is
// just beginning, or died while it did.
static bool is_of_a_run(const char *path)
{
    struct stat st;
    return text_stem(path_base(path), LOCK) > 0 && lstat(path, &st) == 0 &&
           S_ISREG(st.st_mode) && st.st_size > 0;
}

char *run_alive(const char *state_dir)
{
    struct run_files files = run_files_open(state_dir, LOCK);
    char *alive = NULL;
    for (char *id; !alive && (id = run_files_next(&files)); free(id)) {
        char *path = lock_path(state_dir, id);
        if (is_of_a_run(path) && !run_is_dead(state_dir, id))
            alive = xstrdup(id);
        free(path);
    }
    run_files_close(&files);
    return alive;
}

bool upkeep_lock_take(const char *state_dir, int *fd, char **alive,
                      struct err *err)
{
    char *dir = path_join(state_dir, "runs");
    char *path = path_join(state_dir, UPKEEP);
    *alive = NULL;
    *fd = -1;
    bool ok = path_mkdirs(dir, err);
    if (ok) {
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        ok = *fd >= 0 || err_errno(err, ERR_DISK, "cannot open %s", path);
    }
    if (ok && flock(*fd, LOCK_EX | LOCK_NB) != 0)
        *alive = xstrdup("");
    else if (ok)
        *alive = run_alive(state_dir);
    if (*fd >= 0 && *alive) {
        close(*fd);
        *fd = -1;
    }
    free(path);
    free(dir);
    return ok && !*alive;
}

// Whether the ledger has the task that a whole line notes.
static bool is_recorded(const char *line, size_t len, struct ledger *l,
                        bool *recorded, struct err *err)
{
    char *token = xstrndup(line, len);
    char *task_id = strchr(token, ' ');
    struct purchase_row row = {0};
    bool found = false, ok = true;
    *recorded = false;
    if (task_id) {
        *task_id++ = '\0';
        ok = ledger_find_token(l, token, &row, &found, err);
    }
    if (ok && found)
        *recorded =
            row.attempt.task_id && strcmp(row.attempt.task_id, task_id) == 0;
    purchase_row_free(&row);
    free(token);
    return ok;
}

bool run_file_may_go(const char *state_dir, const char *id, struct ledger *l,
                     bool *may, struct err *err)
{
    char *path = lock_path(state_dir, id);
    bool ok = true;
    *may = is_of_a_run(path) && run_is_dead(state_dir, id);
    char *notes = *may ? read_notes(path) : NULL;
    const char *at = notes;
    for (const char *end; ok && at && *at && *may; at = end + 1) {
        end = strchr(at, '\n');
        if (!end) { // it was cut, and may still say something to a person
            *may = false;
            break;
        }
        ok = is_recorded(at, (size_t)(end - at), l, may, err);
    }
    *may = *may && notes;
    free(notes);
    free(path);
    return ok;
}
