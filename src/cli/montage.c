#include "cli/montage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/composing.h"
#include "cli/load.h"
#include "cli/scratch.h"
#include "cli/stops.h"
#include "cli/tiles.h"
#include "data/json.h"
#include "data/number.h"
#include "report/events.h"
#include "report/gallery.h"
#include "report/montage.h"
#include "report/summary.h"
#include "ui/display.h"

#define WAIT_MS 200 // for another one that is being made
#define SPEC_MAX ((size_t)64 << 20)
#define WHOLE_MAX ((size_t)1 << 30) // bytes of a montage for another disk

struct making {
    const struct options *options;
    const struct chosen *chosen;
    enum montage_kind kind;
    struct montage *montage;
    struct scratch scratch;
    struct loop *loop;
    struct stops stops;
    bool stopped, live, drawn;
    char *program;
    struct value *at;
    size_t pictures; // cells that have one
};

// --- what was asked for

static bool read_kind(struct making *m, struct err *err)
{
    const char *file = m->options->montage;
    const char *dot = strrchr(path_base(file), '.');
    bool film = dot && strcmp(dot, ".mp4") == 0;
    bool sheet = dot && (!strcmp(dot, ".jpg") || !strcmp(dot, ".jpeg"));
    m->kind = film ? MONTAGE_FILM : MONTAGE_SHEET;
    if (m->options->out)
        return err_set(err, ERR_USAGE,
                       "--montage names its file itself: leave --out away");
    if (!film && !sheet)
        return err_set(err, ERR_USAGE,
                       "--montage: %s ends neither in .jpg, for a sheet, nor "
                       "in .mp4, for a film",
                       file);
    return true;
}

static bool read_at(struct making *m, struct err *err)
{
    const char *at = m->options->at;
    double seconds;
    if (at && m->kind == MONTAGE_FILM)
        return err_set(err, ERR_USAGE, "--at is for a .jpg: a film shows all");
    if (!at || strcmp(at, "first") == 0 || strcmp(at, "last") == 0)
        m->at = value_str(at ? at : "last");
    else if (number_read(at, &seconds) && seconds >= 0)
        m->at = value_real(seconds);
    else
        return err_set(err, ERR_USAGE,
                       "--at takes first, last or seconds, not '%s'", at);
    return true;
}

// Where it comes to be: a link goes on leading to it. Owned.
static char *place_of(const char *file)
{
    char *real = realpath(file, NULL);
    return real ? real : xstrdup(file);
}

// Before anything is made: can it be written there?
static bool look_at_place(const char *file, struct err *err)
{
    struct stat st;
    bool is_there = stat(file, &st) == 0;
    if (!is_there && errno != ENOENT)
        return err_errno(err, ERR_DISK, "--montage: %s", file);
    if (is_there && !S_ISREG(st.st_mode))
        return err_set(err, ERR_USAGE, "--montage: %s is no regular file",
                       file);
    char *to = place_of(file), *dir = path_dir(to);
    bool ok = access(dir, W_OK | X_OK) == 0 ||
              err_errno(err, ERR_DISK, "--montage: %s", dir);
    free(dir);
    free(to);
    return ok;
}

static void add_cell(void *arg, const struct value *cell)
{
    montage_add(arg, cell);
}

static bool lay(struct making *m, struct err *err)
{
    const struct chosen *chosen = m->chosen;
    m->montage = montage_new(m->kind);
    struct gallery *gallery =
        gallery_new(chosen->ledger, chosen->state.dir, chosen_id(chosen), err);
    bool held = gallery && gallery_hold(gallery, err);
    struct value *head =
        held ? gallery_head(gallery, clock_wall_ms(&clock_system), err) : NULL;
    bool ok = head && gallery_cells(gallery, 0, add_cell, m->montage, err) &&
              montage_lay(m->montage, head, m->options->columns, err);
    value_free(head);
    gallery_free(gallery);
    return ok;
}

// --- how far it is

static void clear_line(struct making *m)
{
    if (m->drawn)
        fputs("\r\x1b[K", stderr);
    m->drawn = false;
}

static void draw_count(void *arg, size_t done, size_t all)
{
    struct making *m = arg;
    if (!m->live)
        return;
    fprintf(stderr, "\r%s %zu of %zu\x1b[K",
            m->kind == MONTAGE_FILM ? "clips" : "pictures", done, all);
    fflush(stderr);
    m->drawn = true;
}

static void draw_part(void *arg, double part)
{
    struct making *m = arg;
    if (!m->live)
        return;
    fprintf(stderr, "\r%s %.0f %%\x1b[K",
            m->kind == MONTAGE_FILM ? "wall" : "sheet", part * 100);
    fflush(stderr);
    m->drawn = true;
}

static void on_stop(void *arg)
{
    ((struct making *)arg)->stopped = true;
    loop_wake(((struct making *)arg)->loop);
}

// --- made

static void on_time(void *arg)
{
    *(bool *)arg = true;
}

static void wait_a_little(struct making *m)
{
    bool over = false;
    struct loop_timer *timer = loop_timer_new(m->loop, on_time, &over);
    loop_timer_start(timer, WAIT_MS);
    while (!over && !m->stopped)
        loop_once(m->loop, true);
    loop_timer_free(timer);
}

// One at a time: what is left there is then nobody's.
static bool open_scratch(struct making *m, struct err *err)
{
    bool told = false;
    while (!m->stopped) {
        if (scratch_open(&m->scratch, m->chosen->state.dir, "montage", err))
            return true;
        if (err->kind != ERR_NONE)
            return false;
        if (!told)
            log_info("another montage is being made here: waiting for its end");
        told = true;
        wait_a_little(m);
    }
    return false;
}

static bool make_tiles(struct making *m, struct err *err)
{
    struct tiles_job job = {.loop = m->loop,
                            .program = m->program,
                            .state_dir = m->chosen->state.dir,
                            .dir = m->scratch.dir,
                            .montage = m->montage,
                            .at = m->kind == MONTAGE_SHEET ? m->at : NULL,
                            .stopped = &m->stopped,
                            .on_done = draw_count,
                            .arg = m};
    return tiles_make(&job, &m->pictures, err);
}

static bool write_spec(struct making *m, const char *path, struct err *err)
{
    struct buf text;
    buf_init(&text, SPEC_MAX);
    struct value *spec = montage_spec(m->montage);
    json_write(spec, &text);
    value_free(spec);
    bool ok = !text.overflow ||
              err_set(err, ERR_DEFECT, "a montage's description is too long");
    ok = ok && file_write(path, text.data, text.len, 0600, err);
    buf_free(&text);
    return ok;
}

static bool compose(struct making *m, const char *out, struct err *err)
{
    char *spec = scratch_path(&m->scratch, "montage.json");
    struct composing_job job = {.loop = m->loop,
                                .program = m->program,
                                .kind = m->kind,
                                .spec = spec,
                                .out = out,
                                .stopped = &m->stopped,
                                .on_part = draw_part,
                                .arg = m};
    bool ok = write_spec(m, spec, err) && composing_run(&job, err);
    free(spec);
    return ok;
}

static bool sync_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        err_errno(err, ERR_DISK, "%s", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool copy_over(const char *from, const char *to, struct err *err)
{
    size_t len;
    char *bytes = file_read(from, WHOLE_MAX, &len, err);
    bool ok = bytes && file_write(to, bytes, len, 0666, err);
    free(bytes);
    return ok;
}

static bool move(const char *made, const char *file, struct err *err)
{
    char *to = place_of(file), *dir = path_dir(to);
    bool ok = sync_file(made, err);
    if (ok && rename(made, to) == 0)
        ok = file_sync_dir(dir, err);
    else if (ok && errno == EXDEV)
        ok = copy_over(made, to, err);
    else if (ok)
        ok = err_errno(err, ERR_DISK, "%s", to);
    free(dir);
    free(to);
    return ok;
}

static bool make(struct making *m, struct err *err)
{
    if (!open_scratch(m, err))
        return false;
    bool film = m->kind == MONTAGE_FILM;
    char *out = scratch_path(&m->scratch, film ? "out.mp4" : "out.jpg");
    bool ok = make_tiles(m, err) && compose(m, out, err);
    clear_line(m);
    ok = ok && move(out, m->options->montage, err);
    free(out);
    scratch_close(&m->scratch);
    return ok;
}

static bool make_unless_stopped(struct making *m, struct err *err)
{
    m->loop = loop_new();
    stops_take(&m->stops, m->loop, on_stop, on_stop, m);
    bool ok = make(m, err);
    stops_drop(&m->stops);
    loop_free(m->loop);
    return ok;
}

// --- told

static void say_made(const struct making *m)
{
    const char *file = m->options->montage;
    size_t cells = montage_count(m->montage);
    if (m->options->json) {
        struct value *event = value_map();
        value_set(event, "event", value_str("montage"));
        value_set(event, "path", value_str(file));
        value_set(event, "cells", value_int((int64_t)cells));
        value_set(event, "pictures", value_int((int64_t)m->pictures));
        event_say(event);
        return;
    }
    printf("%s\n", file);
    const char *s = cells == 1 ? "" : "s";
    if (m->pictures == cells)
        log_info("%zu cell%s", cells, s);
    else
        log_info("%zu cell%s, %zu of them without a picture; it says why",
                 cells, s, cells - m->pictures);
}

int montage_make(const struct options *options, const struct chosen *chosen)
{
    struct err err = {.kind = ERR_NONE};
    struct making m = {.options = options, .chosen = chosen};
    m.live = display_choose(options->json, options->plain) == DISPLAY_LIVE;
    bool ok = read_kind(&m, &err) && read_at(&m, &err) &&
              look_at_place(options->montage, &err) && lay(&m, &err);
    m.program = ok ? media_program(&err) : NULL;
    ok = m.program && make_unless_stopped(&m, &err);
    int code = EXIT_ALL_DELIVERED;
    if (m.stopped && !ok) {
        log_warn("stopped: %s is as it was", options->montage);
        code = EXIT_INTERRUPTED;
    } else if (!ok) {
        code = load_say_err(&err, options->json);
    } else {
        say_made(&m);
    }
    montage_free(m.montage);
    value_free(m.at);
    free(m.program);
    return code;
}
