#include "media/tile.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "media/canvas.h"
#include "media/encode.h"
#include "media/film.h"
#include "media/wall.h"

#define AROUND 0x1e2127

struct tile {
    struct film *film;
    struct image image;
    struct canvas_box box; // of the clip's picture in it
    uint8_t *rgb;          // of that size
};

// As large as it can be; what is small is not made larger.
static struct canvas_box place(const struct film_facts *facts, int width,
                               int height)
{
    double scale =
        fmin((double)width / facts->width, (double)height / facts->height);
    scale = fmin(scale, 1);
    struct canvas_box box = {.width = (int)lround(facts->width * scale),
                             .height = (int)lround(facts->height * scale)};
    box.width = box.width > 0 ? box.width : 1;
    box.height = box.height > 0 ? box.height : 1;
    box.x = (width - box.width) / 2;
    box.y = (height - box.height) / 2;
    return box;
}

static bool write_film(struct tile *t, int pictures, const char *out,
                       struct err *err)
{
    struct encoder *e =
        encoder_open(out, t->image.width, t->image.height, WALL_RATE, err);
    bool ok = e;
    for (int i = 0; ok && i < pictures; i++) {
        ok = film_read(t->film, (double)i / WALL_RATE, t->box.width,
                       t->box.height, FILM_SMALL, t->rgb, err);
        if (ok)
            canvas_paste(&t->image, t->box, t->rgb);
        ok = ok && encoder_put(e, t->image.rgb, err);
    }
    if (ok)
        return encoder_finish(e, err);
    encoder_drop(e);
    return false;
}

bool tile_make(const char *path, int width, int height, const char *out,
               double *seconds, struct err *err)
{
    struct film_facts facts;
    struct tile t = {.film = film_open(path, NULL, &facts, err)};
    if (!t.film)
        return false;
    int pictures = (int)lround(facts.seconds * WALL_RATE);
    pictures = pictures > 0 ? pictures : 1;
    *seconds = (double)pictures / WALL_RATE;
    t.box = place(&facts, width, height);
    t.rgb = xmalloc(3 * (size_t)t.box.width * (size_t)t.box.height);
    canvas_open(&t.image, width, height, AROUND);
    bool ok = write_film(&t, pictures, out, err);
    film_close(t.film);
    free(t.image.rgb);
    free(t.rgb);
    return ok;
}
