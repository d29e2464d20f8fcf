#include "cli/fill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/stops.h"
#include "engine/posters.h"
#include "loop/loop.h"
#include "report/summary.h"
#include "store/find.h"
#include "store/give.h"
#include "store/store.h"

#define AT_ONCE 4 // as many clips are under way
#define THREADS 2
#define DRAW_MS 100

struct filling {
    struct fill *fill;
    struct loop *loop;
    struct loop_pool *pool;
    struct posters *posters;
    struct stops stops;
    size_t next, done;
    struct task *tasks[AT_ONCE]; // under way; NULL: none
    int working;                 // of those, in a thread
    int64_t drawn_ms;
    struct err err;
};

// One copy: a clip, then its poster.
struct task {
    struct filling *filling;
    const struct fill_file *file;
    char *from, name[FOLDER_NAME_MAX];
    int into;
    bool ok, written;
    int64_t size;
    struct err err;
};

// --- what is to be copied

static void clip_name(const struct fill_file *file, char name[FOLDER_NAME_MAX])
{
    snprintf(name, FOLDER_NAME_MAX, "%.*s.%s", STORE_NAMED_HEX, file->sha256,
             file->ext);
}

static bool is_whole(int dir, const char *name, int64_t bytes)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && (bytes < 0 || st.st_size == bytes);
}

static enum fill_from find(const struct fill *fill,
                           const struct fill_file *file, int64_t bytes)
{
    char name[FOLDER_NAME_MAX];
    clip_name(file, name);
    char *path = store_file_path(fill->state->dir, file->sha256, file->ext);
    enum fill_from from = is_whole(AT_FDCWD, path, bytes) ? FILL_STORE
                          : is_whole(fill->folder->clips, name, bytes)
                              ? FILL_GIVEN
                              : FILL_MISSING;
    free(path);
    return from;
}

bool fill_add(struct fill *fill, const char *sha256, const char *ext,
              int64_t bytes)
{
    struct fill_file file = {.from = FILL_MISSING};
    // Both become parts of a path, and come from a ledger.
    if (!hash_is_hex(sha256) || !store_is_ext(ext) ||
        strlen(ext) >= sizeof(file.ext))
        return false;
    snprintf(file.sha256, sizeof(file.sha256), "%s", sha256);
    snprintf(file.ext, sizeof(file.ext), "%s", ext);
    file.from = find(fill, &file, bytes);
    // Grown by doubling.
    if ((fill->n & (fill->n - 1)) == 0)
        fill->files = xreallocarray(fill->files, fill->n ? 2 * fill->n : 1,
                                    sizeof(*fill->files));
    fill->files[fill->n++] = file;
    return file.from != FILL_MISSING;
}

static int by_clip(const void *a, const void *b)
{
    const struct fill_file *x = a, *y = b;
    int order = strcmp(x->sha256, y->sha256);
    return order ? order : strcmp(x->ext, y->ext);
}

// Several cells may have the same clip.
static void keep_each_once(struct fill *fill)
{
    size_t kept = 0;
    if (fill->n > 0)
        qsort(fill->files, fill->n, sizeof(*fill->files), by_clip);
    for (size_t i = 0; i < fill->n; i++)
        if (kept == 0 || by_clip(&fill->files[kept - 1], &fill->files[i]) != 0)
            fill->files[kept++] = fill->files[i];
    fill->n = kept;
    for (size_t i = 0; i < kept; i++)
        fill->missing += fill->files[i].from == FILL_MISSING;
}

void fill_free(struct fill *fill)
{
    folder_names_free(&fill->clips);
    folder_names_free(&fill->posters);
    free(fill->files);
    free(fill->why);
    *fill = (struct fill){0};
}

// --- how far it is

static void draw(struct filling *f)
{
    int64_t now = clock_mono_ms(&clock_system);
    if (!f->fill->live || now - f->drawn_ms < DRAW_MS)
        return;
    f->drawn_ms = now;
    fprintf(stderr, "\rclips %zu of %zu\x1b[K", f->done, f->fill->n);
    fflush(stderr);
}

static void draw_nothing(const struct filling *f)
{
    if (f->fill->live)
        fputs("\r\x1b[K", stderr);
}

// --- one clip

static bool goes_on(const struct filling *f)
{
    return f->err.kind == ERR_NONE && !f->fill->interrupted;
}

static void task_free(struct task *t)
{
    if (t)
        free(t->from);
    free(t);
}

static struct task **slot_of(struct filling *f, const struct task *t)
{
    size_t i = 0;
    while (i < AT_ONCE && f->tasks[i] != t)
        i++;
    return i < AT_ONCE ? &f->tasks[i] : NULL;
}

static void end_task(struct task *t)
{
    t->filling->done++;
    *slot_of(t->filling, t) = NULL;
    task_free(t);
}

// The first that goes wrong is the one that is told.
static void fail(struct task *t)
{
    struct filling *f = t->filling;
    if (goes_on(f))
        err_set(&f->err, t->err.kind, "%s (in %s)", t->err.text,
                f->fill->folder->path);
}

static void count(struct task *t, struct folder_names *names)
{
    struct fill *fill = t->filling->fill;
    folder_names_add(names, t->name);
    fill->bytes += t->size;
    fill->copied |= t->written;
}

static void copy(void *arg)
{
    struct task *t = arg;
    t->ok =
        give_copy(t->from, t->into, t->name, &t->size, &t->written, &t->err);
}

static void start_copy(struct task *t, void (*done)(void *arg))
{
    t->filling->working++;
    loop_pool_work(t->filling->pool, copy, done, t);
}

static void on_poster_copied(void *arg)
{
    struct task *t = arg;
    struct filling *f = t->filling;
    f->working--;
    if (t->ok)
        count(t, &f->fill->posters);
    else
        fail(t);
    end_task(t);
}

static void on_poster(void *arg, const char *path, const char *why)
{
    struct task *t = arg;
    struct fill *fill = t->filling->fill;
    if (path) {
        free(t->from);
        t->from = xstrdup(path);
        start_copy(t, on_poster_copied);
        return;
    }
    if (t->file->from != FILL_MISSING) {
        fill->without++;
        free(fill->why);
        fill->why = xstrdup(why);
    }
    end_task(t);
}

// An earlier report may have it, wherever else it is gone.
static void ask_poster(struct task *t)
{
    struct filling *f = t->filling;
    struct stat st;
    snprintf(t->name, sizeof(t->name), "%.*s.jpg", STORE_NAMED_HEX,
             t->file->sha256);
    t->into = f->fill->folder->posters;
    if (fstatat(t->into, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(st.st_mode) && st.st_size > 0) {
        t->written = false;
        t->size = st.st_size;
        count(t, &f->fill->posters);
        end_task(t);
        return;
    }
    if (t->file->from == FILL_STORE || posters_has(f->posters, t->file->sha256))
        posters_get(f->posters, t->file->sha256, t->file->ext, on_poster, t);
    else
        end_task(t);
}

static void on_clip_copied(void *arg)
{
    struct task *t = arg;
    struct filling *f = t->filling;
    f->working--;
    if (t->ok)
        count(t, &f->fill->clips);
    else
        fail(t);
    if (t->ok && goes_on(f))
        ask_poster(t);
    else
        end_task(t);
}

static void keep_given(struct task *t)
{
    struct stat st = {0};
    if (fstatat(t->into, t->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        t->size = st.st_size;
    count(t, &t->filling->fill->clips);
}

static void start(struct filling *f, struct task **slot)
{
    const struct fill *fill = f->fill;
    struct task *t = *slot = xcalloc(1, sizeof(*t));
    t->filling = f;
    t->file = &fill->files[f->next++];
    t->into = fill->folder->clips;
    t->from = store_file_path(fill->state->dir, t->file->sha256, t->file->ext);
    clip_name(t->file, t->name);
    if (t->file->from == FILL_STORE) {
        start_copy(t, on_clip_copied);
        return;
    }
    if (t->file->from == FILL_GIVEN)
        keep_given(t);
    ask_poster(t);
}

// --- all of them

static void on_stop(void *arg)
{
    struct filling *f = arg;
    if (f->fill->interrupted)
        _exit(EXIT_INTERRUPTED); // what is there is whole
    f->fill->interrupted = true;
}

static bool is_idle(struct filling *f)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (f->tasks[i])
            return false;
    return true;
}

static void start_more(struct filling *f)
{
    struct task **slot;
    while (goes_on(f) && f->next < f->fill->n && (slot = slot_of(f, NULL)))
        start(f, slot);
}

static void go(struct filling *f)
{
    for (;;) {
        start_more(f);
        // Once it is stopped, a poster is not waited for.
        if (goes_on(f) ? is_idle(f) : f->working == 0)
            break;
        draw(f);
        loop_once(f->loop, true);
    }
    draw_nothing(f);
}

// Posters are kept with the state where it may be written, else only given.
static struct posters *open_posters(const struct filling *f)
{
    const struct fill *fill = f->fill;
    char *program = media_program(NULL);
    char *own = access(fill->state->dir, W_OK) == 0
                    ? NULL
                    : path_join(fill->folder->path, FOLDER_POSTERS);
    struct posters *posters =
        posters_new(f->loop, program, fill->state->dir, own);
    free(own);
    free(program);
    return posters;
}

static void close_all(struct filling *f)
{
    stops_drop(&f->stops);
    posters_free(f->posters);
    loop_pool_free(f->pool);
    loop_free(f->loop);
    for (size_t i = 0; i < AT_ONCE; i++)
        task_free(f->tasks[i]);
}

bool fill_run(struct fill *fill, struct err *err)
{
    keep_each_once(fill);
    if (fill->n == 0)
        return true;
    struct filling f = {.fill = fill, .loop = loop_new()};
    f.pool = loop_pool_new(f.loop, THREADS);
    f.posters = open_posters(&f);
    stops_take(&f.stops, f.loop, on_stop, on_stop, &f);
    go(&f);
    close_all(&f);
    folder_names_sort(&fill->clips);
    folder_names_sort(&fill->posters);
    if (f.err.kind != ERR_NONE)
        *err = f.err;
    return f.err.kind == ERR_NONE;
}
