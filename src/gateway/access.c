#include "gateway/access.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 2048
#define METHOD_MAX 16
#define PATH_MAX_BYTES 200
#define AGENT_MAX 60
#define LOOK_MS 1000 // how often we look whether the file is still there

struct access_log {
    const char *path; // NULL: stdout
    int fd;
    int64_t looked_ms;
    bool failed; // and it was said
};

// --- the line

// As in a URL, so that a line has as many words as it should.
static void add_escaped(struct buf *line, const char *s, size_t max)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/:@!$&()*+,;=";
    for (size_t i = 0; s[i] && i < max; i++)
        if (strchr(plain, s[i]))
            buf_byte(line, s[i]);
        else
            buf_printf(line, "%%%02X", (unsigned char)s[i]);
    if (strlen(s) > max)
        buf_str(line, "...");
}

static void add_agent(struct buf *line, const char *agent)
{
    buf_byte(line, '"');
    for (size_t i = 0; agent && agent[i] && i < AGENT_MAX; i++) {
        char c = agent[i];
        bool plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        buf_byte(line, plain ? c : '?');
    }
    buf_byte(line, '"');
}

char *access_line(const struct net_served *served, int64_t wall_ms)
{
    struct buf line;
    char stamp[32] = "";
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    if (gmtime_r(&seconds, &tm))
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&line, "%s.%03dZ %s ", stamp, (int)(wall_ms % 1000),
               served->peer);
    add_escaped(&line, served->method, METHOD_MAX);
    buf_byte(&line, ' ');
    add_escaped(&line, served->path, PATH_MAX_BYTES);
    if (served->status)
        buf_printf(&line, " %u", served->status);
    else
        buf_str(&line, " -");
    buf_printf(&line, " %" PRIu64 "%s %" PRId64 "ms ", served->bytes,
               served->whole ? "" : " cut", served->ms);
    add_agent(&line, served->agent);
    buf_byte(&line, '\n');
    return buf_take(&line);
}

// --- the file

static bool open_file(struct access_log *log, struct err *err)
{
    const int how = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
    log->fd = open(log->path, how | O_NONBLOCK, 0600);
    if (log->fd >= 0)
        return true;
    return err_errno(err, ERR_DISK, "--access-log %s", log->path);
}

struct access_log *access_open(const char *path, struct err *err)
{
    struct access_log *log = xcalloc(1, sizeof *log);
    log->fd = STDOUT_FILENO;
    if (strcmp(path, "-") != 0) {
        log->path = path;
        if (!open_file(log, err)) {
            free(log);
            return NULL;
        }
    }
    return log;
}

static bool was_moved(const struct access_log *log)
{
    struct stat there, ours;
    return fstat(log->fd, &ours) == 0 &&
           (stat(log->path, &there) != 0 || there.st_ino != ours.st_ino ||
            there.st_dev != ours.st_dev);
}

static void look(struct access_log *log)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (!log->path || now - log->looked_ms < LOOK_MS)
        return;
    log->looked_ms = now;
    if (!was_moved(log))
        return;
    struct err err;
    int old = log->fd;
    if (open_file(log, &err))
        close(old);
    else
        log->fd = old;
}

void access_served(void *arg, const struct net_served *served)
{
    struct access_log *log = arg;
    look(log);
    char *line = access_line(served, clock_wall_ms(&clock_system));
    bool ok = file_write_all(log->fd, line, strlen(line));
    if (!ok && !log->failed)
        log_warn("gateway: the access log cannot be written: %s",
                 strerror(errno));
    log->failed = !ok;
    free(line);
}

void access_free(struct access_log *log)
{
    if (!log)
        return;
    if (log->path)
        close(log->fd);
    free(log);
}
