#include "media/wall.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "media/encode.h"
#include "media/film.h"

struct wall {
    const struct sheet *sheet;
    struct film **films; // of each cell; NULL: it has none
    int pictures;
    uint8_t *tile; // room for one
};

static bool open_films(struct wall *w, struct err *err)
{
    size_t largest = 0;
    for (size_t i = 0; i < w->sheet->n; i++) {
        const struct sheet_cell *cell = &w->sheet->cells[i];
        if (!cell->file)
            continue;
        struct film_facts facts;
        w->films[i] = film_open(cell->file, NULL, &facts, err);
        if (!w->films[i])
            return false;
        int pictures = (int)lround(facts.seconds * WALL_RATE);
        w->pictures = pictures > w->pictures ? pictures : w->pictures;
        size_t size = 3 * (size_t)cell->box.width * (size_t)cell->box.height;
        largest = size > largest ? size : largest;
    }
    w->tile = xmalloc(largest + 1);
    w->pictures = w->pictures ? w->pictures : 1;
    return true;
}

static void close_films(struct wall *w)
{
    for (size_t i = 0; i < w->sheet->n; i++)
        film_close(w->films[i]);
    free(w->films);
    free(w->tile);
}

static bool draw(struct wall *w, double seconds, struct err *err)
{
    struct image image = w->sheet->image;
    for (size_t i = 0; i < w->sheet->n; i++) {
        struct canvas_box box = w->sheet->cells[i].box;
        if (!w->films[i])
            continue;
        if (!film_read(w->films[i], seconds, box.width, box.height, FILM_SOFT,
                       w->tile, err))
            return false;
        canvas_paste(&image, box, w->tile);
    }
    return true;
}

static bool play(struct wall *w, struct encoder *e, sheet_progress_fn *fn,
                 void *arg, struct err *err)
{
    for (int i = 0; i < w->pictures; i++) {
        if (!draw(w, (double)i / WALL_RATE, err) ||
            !encoder_put(e, w->sheet->image.rgb, err) ||
            !sheet_tell((size_t)i + 1, (size_t)w->pictures, fn, arg, err))
            return false;
    }
    return true;
}

bool wall_film(const struct sheet *sheet, const char *out,
               sheet_progress_fn *fn, void *arg, struct err *err)
{
    struct wall w = {.sheet = sheet};
    w.films = xcalloc(sheet->n + 1, sizeof(struct film *));
    bool ok = open_films(&w, err);
    if (ok) {
        struct encoder *e = encoder_open_lean(
            out, sheet->image.width, sheet->image.height, WALL_RATE, err);
        ok = e && play(&w, e, fn, arg, err);
        if (ok)
            ok = encoder_finish(e, err);
        else
            encoder_drop(e);
    }
    close_films(&w);
    return ok;
}
