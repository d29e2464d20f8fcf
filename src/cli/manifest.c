#include "cli/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/keep.h"
#include "data/version.h"
#include "db/db.h"
#include "loop/loop.h"
#include "net/version.h"
#include "report/manifest.h"
#include "script/version.h"

#define CELL_BYTES_MAX ((size_t)64 << 20)
#define HEAD_BYTES_MAX ((size_t)64 << 20)
#define CHUNK (64u << 10)
#define NAME "manifest.json"

// Where a cell stands among the others on the disk.
struct place {
    int64_t at;
    uint32_t len; // 0: no such cell
};

struct manifest {
    int fd; // a file without a name; -1: see err
    int64_t size;
    struct place *places; // in order of cells
    size_t n;
    struct err err;
};

// --- gathered

static int open_nameless(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char *path = path_join(dir, "manifest-XXXXXX");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    free(path);
    return fd;
}

struct manifest *manifest_new(const struct state *state)
{
    struct manifest *m = xcalloc(1, sizeof(*m));
    m->fd = open_nameless(state->dir);
    if (m->fd < 0)
        err_errno(&m->err, ERR_DISK, "cannot write " NAME " in %s", state->dir);
    return m;
}

void manifest_free(struct manifest *m)
{
    if (!m)
        return;
    if (m->fd >= 0)
        close(m->fd);
    free(m->places);
    free(m);
}

static struct place *place_of(struct manifest *m, uint64_t nth)
{
    if (nth > m->n) {
        size_t n = m->n ? 2 * m->n : 64;
        if (n < nth)
            n = (size_t)nth;
        m->places = xreallocarray(m->places, n, sizeof(*m->places));
        memset(m->places + m->n, 0, (n - m->n) * sizeof(*m->places));
        m->n = n;
    }
    return &m->places[nth - 1];
}

void manifest_add(struct manifest *m, const struct cell_report *report)
{
    if (m->err.kind != ERR_NONE || report->nth == 0)
        return;
    struct buf line;
    buf_init(&line, CELL_BYTES_MAX);
    manifest_cell(report, &line);
    if (line.overflow)
        err_set(&m->err, ERR_DISK, "%s asks for too much to stand in " NAME,
                report->name);
    else if (!file_write_all(m->fd, line.data, line.len))
        err_errno(&m->err, ERR_DISK, "cannot gather what stands in " NAME);
    else
        *place_of(m, report->nth) =
            (struct place){.at = m->size, .len = (uint32_t)line.len};
    m->size += (int64_t)line.len;
    buf_free(&line);
}

// --- what stands before the cells

static struct value *versions(void)
{
    struct value *v = value_map();
    char *curl = net_curl_version();
    char *cjson = script_cjson_version();
    value_set_text(v, "tarmac", TARMAC_VERSION);
    value_set_text(v, "lua", script_lua_version());
    value_set_text(v, "lua-cjson", cjson);
    value_set_text(v, "libcurl", curl);
    value_set_text(v, "libyaml", data_yaml_version());
    value_set_text(v, "jansson", data_json_version());
    value_set_text(v, "libuv", loop_version());
    value_set_text(v, "libmicrohttpd", net_server_version());
    value_set_text(v, "sqlite", db_version());
    value_set_text(v, "openssl", hash_version());
    free(cjson);
    free(curl);
    return v;
}

static struct value *given(const struct options *options)
{
    struct value *list = value_list();
    for (size_t i = options->from ? 0 : 1; i < options->n_words; i++)
        value_add(list, value_str(options->words[i]));
    for (size_t i = 0; i < options->n_params; i++) {
        const struct recipe_param *p = &options->params[i];
        char *word = xasprintf("%s=%s", p->name, p->value);
        value_add(list, value_str(word));
        free(word);
    }
    return list;
}

static struct value *part(const struct options *options)
{
    if (options->first == 0 && !options->only)
        return NULL;
    struct value *v = value_map();
    value_set_text(v, "only", options->only);
    if (options->first > 0)
        value_set(v, "first", value_int((int64_t)options->first));
    return v;
}

static void write_head(const struct loaded *loaded,
                       const struct options *options, const char *run,
                       struct buf *out)
{
    struct value *made_by = versions(), *words = given(options);
    struct value *which = part(options);
    struct manifest_run head = {.run = run,
                                .versions = made_by,
                                .recipe = loaded->recipe,
                                .tree = loaded->tree,
                                .given = words,
                                .part = which,
                                .gateway = &loaded->gateway};
    manifest_begin(&head, out);
    value_free(made_by);
    value_free(words);
    value_free(which);
}

// --- the file

struct output {
    int fd;
    bool failed; // with errno of then
    int why;
};

static void put(struct output *out, const char *bytes, size_t len)
{
    if (out->failed || file_write_all(out->fd, bytes, len))
        return;
    out->failed = true;
    out->why = errno;
}

static bool put_cell(struct manifest *m, const struct place *place,
                     struct output *out)
{
    char *line = xmalloc(place->len);
    bool ok = pread(m->fd, line, place->len, place->at) == (ssize_t)place->len;
    if (ok)
        put(out, line, place->len);
    free(line);
    return ok;
}

static bool put_all(struct manifest *m, struct buf *head, struct output *out)
{
    bool ok = true, first = true;
    put(out, head->data, head->len);
    for (size_t i = 0; ok && i < m->n; i++) {
        if (m->places[i].len == 0)
            continue;
        put(out, first ? "\n    " : ",\n    ", first ? 5 : 6);
        ok = put_cell(m, &m->places[i], out);
        first = false;
    }
    struct buf tail;
    buf_init(&tail, 64);
    manifest_end(&tail);
    put(out, tail.data, tail.len);
    buf_free(&tail);
    return ok;
}

// --- is it another one?

// A reader that leaves the line of the run out.
struct reader {
    int fd;
    char chunk[CHUNK];
    size_t n, at;
    size_t col;  // of the line
    bool is_run; // the line is the run's
};

static int next_byte(struct reader *r)
{
    if (r->at == r->n) {
        ssize_t got = read(r->fd, r->chunk, CHUNK);
        if (got <= 0)
            return -1;
        r->n = (size_t)got;
        r->at = 0;
    }
    return (unsigned char)r->chunk[r->at++];
}

// The next byte that counts; -1: the end, or what cannot be read.
static int next_counted(struct reader *r)
{
    static const char run[] = MANIFEST_RUN_LINE;
    for (;;) {
        int c = next_byte(r);
        bool was_run = r->is_run;
        if (c == '\n' || c < 0) {
            r->col = 0;
            r->is_run = false;
            return c;
        }
        r->is_run = r->col < sizeof(run) - 1
                        ? c == run[r->col] && (r->col == 0 || was_run)
                        : was_run;
        r->col++;
        if (!r->is_run || r->col < sizeof(run))
            return c;
    }
}

static bool is_same(int fd, const char *path)
{
    struct err none;
    int other = file_open(path, NULL, &none);
    if (other < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        if (other >= 0)
            close(other);
        return false;
    }
    struct reader *a = xcalloc(2, sizeof(*a)), *b = a + 1;
    a->fd = fd;
    b->fd = other;
    int left, right;
    do {
        left = next_counted(a);
        right = next_counted(b);
    } while (left == right && left >= 0);
    free(a);
    close(other);
    return left == right;
}

// --- under its name

static bool is_named(int fd, const char *path)
{
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && lstat(path, &named) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

// Another run of the recipe may be at it: it is waited for, and then has given
// its file another name. One that was killed left what is written over.
static int open_beside(const char *beside)
{
    for (;;) {
        int fd = open(beside, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0)
            return fd;
        flock(fd, LOCK_EX); // where there are none, nobody is waited for
        bool mine = is_named(fd, beside);
        if (mine && ftruncate(fd, 0) == 0)
            return fd;
        int why = errno;
        close(fd);
        errno = why;
        if (mine)
            return -1;
    }
}

static bool write_beside(struct manifest *m, struct buf *head, const char *path,
                         const char *beside, struct err *err)
{
    struct output out = {.fd = open_beside(beside)};
    if (out.fd < 0)
        return err_errno(err, ERR_DISK, "cannot write %s", path);
    bool ok = put_all(m, head, &out);
    if (out.failed)
        errno = out.why;
    ok = ok && !out.failed;
    if (!ok)
        err_errno(err, ERR_DISK, "cannot write %s", path);
    bool same = ok && is_same(out.fd, path);
    if (ok && !same && fsync(out.fd) != 0)
        ok = err_errno(err, ERR_DISK, "cannot write %s", path);
    if (ok && !same && rename(beside, path) != 0)
        ok = err_errno(err, ERR_DISK, "cannot write %s", path);
    if (!ok || same)
        unlink(beside);
    close(out.fd); // from here on another run may have the name
    return ok;
}

static bool write_into(struct manifest *m, struct buf *head, const char *dir,
                       struct err *err)
{
    char *path = path_join(dir, NAME);
    char *beside = path_join(dir, "." NAME ".new");
    bool ok =
        write_beside(m, head, path, beside, err) && file_sync_dir(dir, err);
    free(beside);
    free(path);
    return ok;
}

bool manifest_write(struct manifest *m, const struct loaded *loaded,
                    const struct options *options, const struct state *state,
                    const char *run, struct err *err)
{
    if (m->err.kind != ERR_NONE) {
        *err = m->err;
        return false;
    }
    if (m->size == 0)
        return true;
    const struct recipe *recipe = loaded->recipe;
    char *below = path_join(recipe->out_dir, recipe->name);
    char *dir = path_join(state->root, below);
    struct buf head;
    buf_init(&head, HEAD_BYTES_MAX);
    write_head(loaded, options, run, &head);
    bool ok =
        head.overflow
            ? err_set(err, ERR_DISK, "the recipe is too large for " NAME)
            : keep_folder(state, below, err) && write_into(m, &head, dir, err);
    buf_free(&head);
    free(dir);
    free(below);
    return ok;
}
