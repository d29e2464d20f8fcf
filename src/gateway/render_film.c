#include "gateway/render_film.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/render_act.h"
#include "gateway/render_inset.h"
#include "gateway/render_paint.h"
#include "gateway/render_still.h"
#include "media/image.h"

#define STRENGTH 0.6     // where it is not said
#define ENLARGE 2        // how much RENDER_UPSCALE does where it is not said
#define LONGEST 4        // how much longer than the frame a film may reach
#define INSET_FADE 0.25f // seconds in which the inset comes and goes
#define TURN_MAX 40.0f   // degrees

// What fills the frame: a picture, or a film's pictures one after the other.
struct stage {
    struct film *film; // NULL: a picture
    struct still *still;
    int width, height; // of the film's pictures, even
};

struct reel {
    const struct render_spec *spec;
    struct film_watch watch;
    struct render_facts facts;
    // RESTYLE, UPSCALE: what is shown; else its inset, NULL where that is kept.
    struct film *film;
    struct film_facts says; // of that
    struct stage stage;     // none: UPSCALE
    struct paint *paint;    // RESTYLE
    struct act_move *moves; // PERFORM, one a picture
    struct inset *inset;
};

static double strength_of(const struct render_spec *s)
{
    double x = s->strength < 0 ? STRENGTH : s->strength;
    return x > 1 ? 1 : x;
}

static void size_like(struct reel *r, int grow, int most)
{
    render_size_like(r->says.width, r->says.height, grow, most, &r->facts.width,
                     &r->facts.height);
}

static void settle_facts(struct reel *r)
{
    const struct render_spec *s = r->spec;
    bool sized = s->width > 0, enlarges = s->kind == RENDER_UPSCALE;
    int most = enlarges ? RENDER_UPSCALE_MAX : RENDER_SIDE_MAX;
    r->facts = (struct render_facts){.width = s->width, .height = s->height};
    if (enlarges && sized) { // a frame to fit into, either way up
        most = s->width > s->height ? s->width : s->height;
        size_like(r, most, most);
    } else if (!sized) {
        size_like(r, enlarges ? ENLARGE : 1, most);
    }
    double seconds = r->says.seconds;
    if (s->seconds > 0 && s->seconds < seconds)
        seconds = s->seconds;
    int frames = (int)(seconds * RENDER_FPS + 0.5);
    r->facts.frames = frames < 1 ? 1 : frames;
    r->facts.seconds = (double)r->facts.frames / RENDER_FPS;
}

// The size, even, in which a film of this shape just fills the frame.
static void cover(const struct render_facts *frame,
                  const struct film_facts *film, int *width, int *height)
{
    double x = (double)frame->width / film->width;
    double y = (double)frame->height / film->height;
    double w = frame->width, h = frame->height;
    if (x > y)
        h = film->height * x + 0.5;
    else
        w = film->width * y + 0.5;
    w = w > LONGEST * frame->width ? LONGEST * frame->width : w;
    h = h > LONGEST * frame->height ? LONGEST * frame->height : h;
    *width = (int)w < frame->width ? frame->width : (int)w / 2 * 2;
    *height = (int)h < frame->height ? frame->height : (int)h / 2 * 2;
}

static bool read_stage(struct stage *t, double seconds, struct err *err)
{
    if (!t->film)
        return true;
    struct image *image = still_image(t->still);
    return film_read(t->film, seconds, image->width, image->height, FILM_SOFT,
                     image->rgb, err);
}

static bool set_film(struct reel *r, struct film *film,
                     const struct film_facts *says, const struct view *frame,
                     struct err *err)
{
    struct image image;
    cover(&r->facts, says, &image.width, &image.height);
    image.rgb = xmalloc(3 * (size_t)image.width * (size_t)image.height);
    if (!film_read(film, 0, image.width, image.height, FILM_SOFT, image.rgb,
                   err)) {
        free(image.rgb);
        return false;
    }
    r->stage = (struct stage){film, NULL, image.width, image.height};
    r->stage.still = still_new(&image, frame);
    return true;
}

static bool open_restyle(struct reel *r, const struct view *frame,
                         struct err *err)
{
    if (!set_film(r, r->film, &r->says, frame, err))
        return false;
    struct theme theme = theme_of(r->spec->prompt, r->spec->seed);
    const struct image *image = still_image(r->stage.still);
    r->paint = paint_new(&theme, (float)strength_of(r->spec), image->width,
                         image->height);
    return true;
}

static bool set_character(struct reel *r, const struct view *frame,
                          struct err *err)
{
    const struct render_spec *s = r->spec;
    if (s->character_film) {
        struct film_facts says;
        struct film *film = film_open(s->character_film, &r->watch, &says, err);
        if (film && set_film(r, film, &says, frame, err))
            return true;
        film_close(film);
        return false;
    }
    struct image image;
    if (s->character.len == 0)
        return err_set(err, ERR_FORMAT, "there is no character to be moved");
    if (!image_decode(s->character.bytes, s->character.len, &image, err))
        return false;
    r->stage.still = still_new(&image, frame);
    return true;
}

// What the film's pictures say, and they themselves as far as they are kept; a
// film that is still needed begins again.
static bool study_film(struct reel *r, struct err *err)
{
    r->moves = xcalloc((size_t)r->facts.frames, sizeof(*r->moves));
    r->inset =
        inset_new(&r->says, r->facts.width, r->facts.height, r->facts.frames);
    if (!act_measure(r->film, r->inset, r->facts.frames, RENDER_FPS, r->moves,
                     err))
        return false;
    film_close(r->film);
    r->film = NULL;
    if (inset_keeps(r->inset))
        return true;
    r->film = film_open(r->spec->film, &r->watch, &r->says, err);
    return r->film != NULL;
}

static bool open_perform(struct reel *r, const struct view *frame,
                         struct err *err)
{
    return study_film(r, err) && set_character(r, frame, err);
}

static bool open_it(struct reel *r, struct err *err)
{
    const struct render_spec *s = r->spec;
    if (!s->film)
        return err_set(err, ERR_FORMAT, "there is no film");
    r->film = film_open(s->film, &r->watch, &r->says, err);
    if (!r->film)
        return false;
    settle_facts(r);
    struct view frame = camera_view(s->motion, r->facts.seconds, 0,
                                    r->facts.width, r->facts.height);
    switch (s->kind) {
    case RENDER_RESTYLE:
        return open_restyle(r, &frame, err);
    case RENDER_PERFORM:
        return open_perform(r, &frame, err);
    case RENDER_UPSCALE:
        return true;
    case RENDER_SHOT:
        break;
    }
    return err_set(err, ERR_DEFECT, "a shot is made of no film");
}

struct reel *reel_open(const struct render_spec *spec,
                       const struct film_watch *watch,
                       struct render_facts *facts, struct err *err)
{
    struct reel *r = xcalloc(1, sizeof(*r));
    r->spec = spec;
    if (watch)
        r->watch = *watch;
    if (!open_it(r, err)) {
        reel_free(r);
        return NULL;
    }
    *facts = r->facts;
    return r;
}

void reel_free(struct reel *r)
{
    if (!r)
        return;
    if (r->stage.film != r->film)
        film_close(r->stage.film);
    film_close(r->film);
    still_free(r->stage.still);
    paint_free(r->paint);
    free(r->moves);
    inset_free(r->inset);
    free(r);
}

static float within(float x, float most)
{
    return x > most ? most : x < -most ? -most : x;
}

// The head alone, or who stands in the middle with all of the body.
static struct still_part part_of(const struct reel *r, int frame)
{
    const struct act_move *m = &r->moves[frame];
    float strength = 2 * (float)strength_of(r->spec);
    double sine, cosine;
    camera_sincos((double)within(m->tilt * strength, TURN_MAX), &sine, &cosine);
    struct still_part part = {.x = 0.5f,
                              .y = 0.32f,
                              .rx = 0.25f,
                              .ry = 0.34f,
                              .dx = within(m->dx * strength, 0.16f),
                              .dy = within(m->dy * strength, 0.16f),
                              .grow = 1 + within(m->grow * strength, 0.3f),
                              .cosine = (float)cosine,
                              .sine = (float)sine};
    if (r->spec->body) {
        part.y = 0.55f;
        part.rx = 0.55f;
        part.ry = 0.8f;
    }
    return part;
}

// The film that drives, in its corner.
static bool draw_inset(struct reel *r, int frame, double time,
                       const struct yuv_planes *planes, struct err *err)
{
    double left = (r->facts.frames - 1.0) / RENDER_FPS - time;
    double near = (time < left ? time : left) / INSET_FADE;
    int part = near < 1 ? (int)(near * 256) : 256;
    return inset_draw(r->inset, r->film, frame, time, part, planes, err);
}

// The same as the encoder takes it.
static bool set_stage_planes(struct reel *r, double time, struct err *err)
{
    struct stage *t = &r->stage;
    if (!t->film)
        return true;
    const struct yuv_planes *planes = still_planes(t->still);
    if (!film_read_planes(t->film, time, t->width, t->height, FILM_SOFT, planes,
                          err))
        return false;
    if (r->paint)
        paint_planes(r->paint, planes);
    return true;
}

// What the camera is over, at a time.
static bool set_stage(struct reel *r, double time, struct err *err)
{
    if (!read_stage(&r->stage, time, err))
        return false;
    if (r->paint)
        paint_over(r->paint, still_image(r->stage.still)->rgb);
    return true;
}

bool reel_draw(struct reel *r, int frame, const struct view *view, uint8_t *rgb,
               struct err *err)
{
    double time = (double)frame / RENDER_FPS;
    if (!r->stage.still)
        return film_read(r->film, time, r->facts.width, r->facts.height,
                         FILM_SHARP, rgb, err);
    if (!set_stage(r, time, err))
        return false;
    struct still_part part = {0};
    if (r->moves)
        part = part_of(r, frame);
    still_draw(r->stage.still, view, r->moves ? &part : NULL, rgb);
    return true;
}

bool reel_draw_planes(struct reel *r, int frame, const struct view *view,
                      const struct yuv_planes *planes, struct err *err)
{
    double time = (double)frame / RENDER_FPS;
    if (!r->stage.still)
        return film_read_planes(r->film, time, r->facts.width, r->facts.height,
                                FILM_SHARP, planes, err);
    if (!set_stage_planes(r, time, err))
        return false;
    struct still_part part = {0};
    if (r->moves)
        part = part_of(r, frame);
    still_draw_planes(r->stage.still, view, r->moves ? &part : NULL, planes);
    return !r->moves || draw_inset(r, frame, time, planes, err);
}
