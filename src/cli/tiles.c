#include "cli/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "engine/checker.h"
#include "store/store.h"

#define TILE_MS 600000 // a minute of 4K on a busy machine
#define WHY_MAX 300

struct work {
    const struct tiles_job *job;
    struct checker *checker;
    struct tile *tiles;
    size_t asked, done, made;
    bool failed;
    struct err *err;
};

struct tile {
    struct work *work;
    size_t cell;
    char *clip, *out; // owned
};

static void end_tile(struct tile *tile, const char *why)
{
    struct work *w = tile->work;
    if (why) {
        char *said = text_printable(why, strlen(why), WHY_MAX);
        char *words = xasprintf("the clip does not play: %s", said);
        montage_fail(w->job->montage, tile->cell, words);
        free(words);
        free(said);
    } else {
        montage_show(w->job->montage, tile->cell, tile->out);
        w->made++;
    }
    w->done++;
    w->job->on_done(w->job->arg, w->done, w->asked);
}

static void on_tile(void *arg, enum checker_result result,
                    const struct checker_facts *facts, const char *why)
{
    struct tile *tile = arg;
    struct work *w = tile->work;
    (void)facts;
    if (result != CHECKER_BROKEN) {
        end_tile(tile, result == CHECKER_BAD ? why : NULL);
        return;
    }
    if (!w->failed)
        err_set(w->err, ERR_DISK, "%s", why);
    w->failed = true;
}

static void ask(struct tile *tile)
{
    struct work *w = tile->work;
    int width, height;
    montage_tile(w->job->montage, &width, &height);
    if (w->job->at)
        checker_still(w->checker, tile->clip, w->job->at, width, height,
                      tile->out, on_tile, tile);
    else
        checker_tile(w->checker, tile->clip, width, height, tile->out, on_tile,
                     tile);
}

static void begin(struct work *w, size_t cell)
{
    struct montage_cell c = montage_cell(w->job->montage, cell);
    struct tile *tile = &w->tiles[cell];
    *tile = (struct tile){.work = w, .cell = cell};
    if (!c.sha256)
        return;
    tile->clip = store_file_path(w->job->state_dir, c.sha256, c.ext);
    tile->out = xasprintf("%s/%zu.%s", w->job->dir, cell + 1,
                          w->job->at ? "jpg" : "mp4");
    if (!path_exists(tile->clip)) {
        montage_fail(w->job->montage, cell,
                     "its clip is missing from the store; see: tarmac verify");
        return;
    }
    w->asked++;
    ask(tile);
}

bool tiles_make(const struct tiles_job *job, size_t *made, struct err *err)
{
    size_t n = montage_count(job->montage);
    struct work w = {.job = job, .err = err};
    w.checker = checker_new(job->loop, job->program, TILE_MS);
    w.tiles = xcalloc(n + 1, sizeof(*w.tiles));
    for (size_t i = 0; i < n; i++)
        begin(&w, i);
    while (w.done < w.asked && !w.failed && !*job->stopped)
        loop_once(job->loop, true);
    checker_free(w.checker);
    for (size_t i = 0; i < n; i++) {
        free(w.tiles[i].clip);
        free(w.tiles[i].out);
    }
    free(w.tiles);
    *made = w.made;
    return !w.failed && !*job->stopped;
}
