#include "gateway/job_render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/input.h"
#include "media/film.h"
#include "media/image.h"

#define FILES_MAX 3
#define DRAFT_SIDE 320
#define UPSCALE_TIMES 4

static struct render_bytes picture(const struct inputs *in,
                                   enum order_role role)
{
    const struct input_got *got = inputs_find(in, role);
    return got ? (struct render_bytes){got->bytes, got->len}
               : (struct render_bytes){0};
}

static const char *film(const struct inputs *in, enum order_role role)
{
    const struct input_got *got = inputs_find(in, role);
    return got ? got->path : NULL;
}

static struct render_spec spec_of(const struct order *o,
                                  const struct inputs *in)
{
    static const enum render_kind kinds[] = {
        [ORDER_GENERATE] = RENDER_SHOT,   [ORDER_RESTYLE] = RENDER_RESTYLE,
        [ORDER_PERFORM] = RENDER_PERFORM, [ORDER_UPSCALE] = RENDER_UPSCALE,
        [ORDER_PICTURE] = RENDER_SHOT,
    };
    struct render_spec spec = {
        .kind = kinds[o->kind],
        .prompt = o->prompt,
        .model = o->model,
        .width = o->width,
        .height = o->height,
        .seconds = o->seconds,
        .seed = o->seed,
        .image = picture(in, ORDER_FIRST),
        .last_image = picture(in, ORDER_LAST),
        .character = picture(in, ORDER_CHARACTER),
        .character_film = film(in, ORDER_CHARACTER_FILM),
        .film = film(in, ORDER_FILM),
        .strength = o->strength,
        .body = o->body,
    };
    memcpy(spec.motion, o->motion, sizeof spec.motion);
    return spec;
}

// `side` as it is when the longer one becomes `to`; even.
static int scaled(int side, int longer, int to)
{
    int n = (int)((double)side * to / longer / 2 + 0.5) * 2;
    return n < RENDER_SIDE_MIN ? RENDER_SIDE_MIN : n;
}

struct teller {
    bool (*progress)(void *arg, double done);
    void *arg;
};

static bool go_on(void *arg)
{
    const struct teller *t = arg;
    return t->progress(t->arg, 0);
}

// The sizes that only the film tells: an enlarged one, and a draft.
static bool size_by_film(struct render_spec *spec, const struct order *o,
                         bool draft, struct teller teller, struct err *err)
{
    bool larger = spec->kind == RENDER_UPSCALE;
    if (spec->width > 0 || !spec->film || (!larger && !draft))
        return true;
    struct film_watch watch = {teller.progress ? go_on : NULL, &teller};
    struct film_facts facts;
    struct film *f = film_open(spec->film, &watch, &facts, err);
    if (!f)
        return false;
    film_close(f);
    int longer = facts.width > facts.height ? facts.width : facts.height;
    int to = draft ? DRAFT_SIDE : longer;
    if (larger && o->longer > 0)
        to = o->longer;
    else if (larger)
        to = to * UPSCALE_TIMES > RENDER_UPSCALE_MAX ? RENDER_UPSCALE_MAX
                                                     : to * UPSCALE_TIMES;
    if (draft && to > 2 * DRAFT_SIDE)
        to = 2 * DRAFT_SIDE;
    spec->width = scaled(facts.width, longer, to);
    spec->height = scaled(facts.height, longer, to);
    return true;
}

// What is kept and not drawn must be what it is said to be all the same.
static bool check_references(const struct inputs *in, struct err *err)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct input_got *got = &in->all[i];
        if (got->role != ORDER_REFERENCE)
            continue;
        struct image image;
        struct err why;
        if (!image_decode(got->bytes, got->len, &image, &why))
            return err_set(err, ERR_FORMAT, "%s: %s", inputs_name(got->role),
                           why.text);
        free(image.rgb);
    }
    return true;
}

// A film of ours that was deleted meanwhile is a bad input, not a bad disk.
static bool check_films(const struct inputs *in, struct err *err)
{
    for (size_t i = 0; i < in->n; i++)
        if (in->all[i].path && access(in->all[i].path, R_OK) != 0)
            return err_set(err, ERR_FORMAT, "%s: is not there any more",
                           inputs_name(in->all[i].role));
    return true;
}

struct files {
    int n;
    char *part[FILES_MAX], *whole[FILES_MAX];
};

static struct files files_of(const struct order *o, const char *assets,
                             const char *id)
{
    static const char *const clip[] = {ASSET_CLIP, ASSET_POSTER, ASSET_LAST};
    bool still = o->kind == ORDER_PICTURE;
    struct files f = {.n = still ? 1 : FILES_MAX};
    for (int i = 0; i < f.n; i++) {
        const char *suffix = still ? ASSET_PICTURE : clip[i];
        f.part[i] = xasprintf("%s/part.%s%s", assets, id, suffix);
        f.whole[i] = xasprintf("%s/%s%s", assets, id, suffix);
    }
    return f;
}

// The clip last: whoever sees it finds the others.
static bool publish(const struct files *f, struct err *err)
{
    for (int i = f->n - 1; i >= 0; i--)
        if (rename(f->part[i], f->whole[i]) != 0) {
            err_errno(err, ERR_DISK, "%s", f->whole[i]);
            for (int k = 0; k < f->n; k++) {
                unlink(f->part[k]);
                unlink(f->whole[k]);
            }
            return false;
        }
    return true;
}

bool job_render(const struct order *o, const struct inputs *in,
                const char *assets, const char *id, bool draft,
                bool (*progress)(void *arg, double done), void *arg,
                struct render_facts *facts, struct err *err)
{
    struct render_spec spec = spec_of(o, in);
    if (!check_references(in, err) || !check_films(in, err) ||
        !size_by_film(&spec, o, draft, (struct teller){progress, arg}, err))
        return false;
    struct files f = files_of(o, assets, id);
    bool ok = o->kind == ORDER_PICTURE
                  ? render_picture(&spec, f.part[0], facts, err)
                  : render_clip(&spec, f.part[0], f.part[1], f.part[2],
                                progress, arg, facts, err);
    ok = ok && publish(&f, err);
    for (int i = 0; i < f.n; i++) {
        free(f.part[i]);
        free(f.whole[i]);
    }
    struct err why;
    if (!ok && err->kind == ERR_DISK && !check_films(in, &why))
        *err = why;
    return ok;
}
