#include "engine/local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "net/client.h"

#define RETRY_MS 50
#define DEADLINE_MS 10000
#define BUSY_RETRY_MS 100
#define BUSY_MS 2000
#define FAULTS_SHOWN 200
#define TRIES_MAX 3
#define TRIES_WITHIN_MS 60000
#define ADDRESS_MAX 4096
#define LINE_MAX_BYTES (64u << 10)
#define WORDS_MAX 300 // of its last line
#define EXIT_DISK 9   // of tarmac-media, as of tarmac

struct local {
    struct local_spec spec;
    char *dir, *users, *lock, *address, *log, *program;
    struct loop_timer *timer;
    void (*due)(struct local *local); // what the timer does
    int64_t deadline;
    int64_t busy_until;             // 0: not started yet
    int64_t other_until;            // 0: none with other faults was seen
    int lock_fd, users_fd, both_fd; // -1: not open
    struct loop_child *child;
    int64_t tries[TRIES_MAX]; // when, the oldest first
};

static void on_timer(void *arg)
{
    struct local *local = arg;
    local->due(local);
}

static void after(struct local *local, int64_t ms,
                  void (*due)(struct local *local))
{
    local->due = due;
    loop_timer_start(local->timer, ms);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// Both ends: what is held while looking is let go on every way out.
static void tell(struct local *local, const char *url, bool started,
                 const struct err *err)
{
    loop_timer_stop(local->timer);
    close_fd(&local->both_fd);
    close_fd(&local->lock_fd);
    if (!url)
        close_fd(&local->users_fd);
    local->spec.done(local->spec.arg, url, started, err);
}

static void give_up_for(struct local *local, enum err_kind kind,
                        const char *what)
{
    struct err err;
    err_set(&err, kind, "the built-in gateway %s; see %s", what, local->log);
    tell(local, NULL, false, &err);
}

static void give_up(struct local *local, const char *what)
{
    give_up_for(local, ERR_GATEWAY, what);
}

static int64_t now(const struct local *local)
{
    return clock_mono_ms(local->spec.clock);
}

// The "url" of a JSON object, when it is on this machine, and, unless NULL,
// its "faults", "" for none; owned.
static char *url_of(const char *text, size_t len, char **faults)
{
    struct value *tree = json_read(text, len, JSON_STRICT, NULL);
    const char *url = value_get_text(tree, "url");
    char *origin = url && net_is_loopback(url) ? net_origin(url, NULL) : NULL;
    const char *bad_days = value_get_text(tree, "faults");
    if (faults)
        *faults = xstrdup(bad_days ? bad_days : "");
    value_free(tree);
    return origin;
}

static char *read_address(const char *file, char **faults)
{
    size_t len;
    char *text = file_read(file, ADDRESS_MAX, &len, NULL);
    char *url = text ? url_of(text, len, faults) : NULL;
    free(text);
    return url;
}

char *local_address(const char *state_dir)
{
    char *file = path_join(state_dir, "gateway/address");
    char *url = read_address(file, NULL);
    free(file);
    return url;
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct local *local = arg;
    if (local->both_fd < 0)
        return; // it has said where it is; the rest is its own
    char *url = url_of(line, len, NULL);
    if (!url) {
        give_up(local, "did not say its address");
        return;
    }
    local->users_fd = open(local->users, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (local->users_fd < 0)
        give_up(local, "does not listen to its users");
    else
        tell(local, url, true, NULL);
    free(url);
}

static void look(struct local *local);

// What the gateway said last, if it was an error; owned.
static char *last_words(const char *log)
{
    static const char error[] = "tarmac: error: gateway: ";
    char text[WORDS_MAX + 1];
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = end > WORDS_MAX ? end - WORDS_MAX : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, WORDS_MAX, from) : -1;
    if (fd >= 0)
        close(fd);
    while (n > 0 && text[n - 1] == '\n')
        n--;
    if (n <= 0)
        return NULL;
    text[n] = '\0';
    const char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    if (!text_starts(line, error))
        return NULL;
    line += strlen(error);
    return text_printable(line, strlen(line), WORDS_MAX);
}

static void end_before_up(struct local *local, enum err_kind kind)
{
    char *words = last_words(local->log);
    char *what = words ? xasprintf("ended before it was up: %s", words)
                       : xstrdup("ended before it was up");
    give_up_for(local, kind, what);
    free(what);
    free(words);
}

static void on_exit_of(void *arg, int status, int signum)
{
    struct local *local = arg;
    loop_child_free(local->child);
    local->child = NULL;
    log_debug("the built-in gateway ended: code %d, signal %d", status, signum);
    if (local->both_fd < 0)
        return;
    // One that is just dying, or whose run was killed while it started it, has
    // the data folder and does not listen to its users.
    if (status == EXIT_DISK && now(local) < local->busy_until) {
        close_fd(&local->both_fd);
        close_fd(&local->lock_fd);
        after(local, BUSY_RETRY_MS, look);
    } else {
        end_before_up(local, status == EXIT_DISK ? ERR_DISK : ERR_GATEWAY);
    }
}

static void too_late(struct local *local)
{
    give_up(local, "was not up within 10 s");
}

static const char **arguments(const struct local *local)
{
    const char *fixed[] = {
        local->program, "gateway",   "--users",      local->users, "--lock",
        local->lock,    "--address", local->address, "--data",     local->dir};
    size_t n = sizeof(fixed) / sizeof(fixed[0]), more = 0;
    while (local->spec.more_args && local->spec.more_args[more])
        more++;
    const char **argv = xcalloc(n + more + 1, sizeof(*argv));
    memcpy(argv, fixed, sizeof(fixed));
    for (size_t i = 0; i < more; i++)
        argv[n + i] = local->spec.more_args[i];
    return argv;
}

// With the lock held and nobody reading the FIFO.
static void start(struct local *local)
{
    // Opened for both, the FIFO has a writer for the gateway to find, and the
    // open does not wait for a reader.
    local->both_fd = open(local->users, O_RDWR | O_CLOEXEC);
    if (!local->busy_until)
        local->busy_until = now(local) + BUSY_MS;
    const char **argv = arguments(local);
    struct loop_child_spec spec = {.argv = argv,
                                   .stderr_path = local->log,
                                   .detached = true,
                                   .on_line = on_line,
                                   .on_exit = on_exit_of,
                                   .arg = local,
                                   .line_max = LINE_MAX_BYTES};
    struct err err;
    loop_child_free(local->child);
    local->child = loop_child_spawn(local->spec.loop, &spec, &err);
    free(argv);
    if (local->child)
        after(local, DEADLINE_MS, too_late);
    else
        tell(local, NULL, false, &err);
}

static bool ready_dir(const struct local *local, struct err *err)
{
    if (!path_mkdirs(local->dir, err))
        return false;
    if (mkfifo(local->users, 0600) != 0 && errno != EEXIST)
        return err_errno(err, ERR_DISK, "cannot make %s", local->users);
    struct stat st;
    if (lstat(local->users, &st) != 0 || !S_ISFIFO(st.st_mode))
        return err_set(err, ERR_DISK, "%s is not a FIFO; remove it",
                       local->users);
    return true;
}

// It rehearses `faults`, which are not ours.
static void give_way(struct local *local, const char *faults)
{
    if (!local->other_until)
        local->other_until = now(local) + BUSY_MS;
    if (now(local) < local->other_until) {
        close_fd(&local->users_fd);
        close_fd(&local->lock_fd);
        after(local, RETRY_MS, look);
        return;
    }
    struct err err;
    char *shown = text_printable(faults, strlen(faults), FAULTS_SHOWN);
    err_set(&err, ERR_USAGE,
            "the built-in gateway serves another run, %s%s; wait until that "
            "run has ended, or use another folder",
            *faults ? "which rehearses " : "without these faults", shown);
    free(shown);
    tell(local, NULL, false, &err);
}

// Somebody reads the FIFO: a gateway that is up, or just leaving.
static void attach(struct local *local)
{
    const char *ours = local->spec.faults ? local->spec.faults : "";
    char *faults = NULL;
    char *url = read_address(local->address, &faults);
    if (url && strcmp(faults, ours) != 0) {
        give_way(local, faults);
    } else if (url) {
        tell(local, url, false, NULL);
    } else if (now(local) < local->deadline) {
        close_fd(&local->users_fd);
        close_fd(&local->lock_fd);
        after(local, RETRY_MS, look);
    } else {
        give_up(local, "runs, and does not say where");
    }
    free(faults);
    free(url);
}

static void look(struct local *local)
{
    struct err err;
    if (!ready_dir(local, &err)) {
        tell(local, NULL, false, &err);
        return;
    }
    local->lock_fd = file_lock(local->lock, FILE_TRY, &err);
    if (local->lock_fd == FILE_LOCK_HELD) {
        local->lock_fd = -1;
        if (now(local) < local->deadline)
            after(local, RETRY_MS, look);
        else
            give_up(local, "is being started by another run for too long");
        return;
    }
    if (local->lock_fd < 0) {
        local->lock_fd = -1;
        tell(local, NULL, false, &err);
        return;
    }
    local->users_fd = open(local->users, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (local->users_fd >= 0) {
        attach(local);
    } else if (errno == ENXIO) {
        start(local);
    } else {
        err_errno(&err, ERR_DISK, "cannot open %s", local->users);
        tell(local, NULL, false, &err);
    }
}

// Wanted too often, it does not stay up.
static bool may_try(struct local *local)
{
    int64_t t = now(local);
    if (local->tries[0] && t - local->tries[0] < TRIES_WITHIN_MS)
        return false;
    memmove(local->tries, local->tries + 1,
            sizeof(local->tries) - sizeof(local->tries[0]));
    local->tries[TRIES_MAX - 1] = t ? t : 1;
    return true;
}

static void too_often(struct local *local)
{
    give_up(local, "was lost three times within a minute");
}

void local_want(struct local *local)
{
    close_fd(&local->users_fd);
    local->deadline = now(local) + 2 * DEADLINE_MS;
    local->busy_until = local->other_until = 0;
    after(local, 0, may_try(local) ? look : too_often);
}

bool local_lives(const struct local *local)
{
    struct pollfd users = {.fd = local->users_fd};
    return users.fd >= 0 && poll(&users, 1, 0) == 0; // POLLERR: nobody reads
}

struct local *local_new(const struct local_spec *spec)
{
    struct local *local = xcalloc(1, sizeof(*local));
    local->spec = *spec;
    local->dir = path_join(spec->state_dir, "gateway");
    local->users = path_join(local->dir, "users");
    local->lock = path_join(local->dir, "lock");
    local->address = path_join(local->dir, "address");
    local->log = path_join(local->dir, "gateway.log");
    local->program = xstrdup(spec->program);
    local->timer = loop_timer_new(spec->loop, on_timer, local);
    local->lock_fd = local->users_fd = local->both_fd = -1;
    return local;
}

void local_free(struct local *local)
{
    if (!local)
        return;
    loop_child_free(local->child);
    loop_timer_free(local->timer);
    close_fd(&local->both_fd);
    close_fd(&local->users_fd);
    close_fd(&local->lock_fd);
    free(local->dir);
    free(local->users);
    free(local->lock);
    free(local->address);
    free(local->log);
    free(local->program);
    free(local);
}
