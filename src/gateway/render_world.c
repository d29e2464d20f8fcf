#include "gateway/render_world.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "gateway/camera.h"
#include "gateway/render_film.h"
#include "gateway/render_still.h"
#include "gateway/scene.h"
#include "gateway/scene_noise.h"
#include "media/image.h"

#define FADE_FROM 0.3f // of the clip: where the last picture begins to show
#define FADE_TO 0.9f

struct world {
    const struct render_spec *spec;
    struct render_facts facts;
    struct reel *reel;   // or
    struct scene *scene; // or
    struct still *still;
    struct still *last; // NULL: none
    uint8_t *under;     // a picture of it, while the two are mixed
    struct yuv_planes under_planes;
};

static bool check_numbers(const struct render_spec *s, struct err *err)
{
    for (int i = 0; i < RENDER_AXES; i++)
        if (!isfinite(s->motion[i]))
            return err_set(err, ERR_FORMAT, "motion is not a number");
    if (!isfinite(s->strength))
        return err_set(err, ERR_FORMAT, "strength is not a number");
    bool open = s->kind != RENDER_SHOT && s->seconds == 0;
    if (!open && !(s->seconds > 0 && s->seconds <= RENDER_SECONDS_MAX))
        return err_set(err, ERR_FORMAT, "seconds must be above 0, at most %g",
                       RENDER_SECONDS_MAX);
    return true;
}

static bool check_size(enum render_kind kind, int width, int height,
                       struct err *err)
{
    int most = kind == RENDER_UPSCALE ? RENDER_UPSCALE_MAX : RENDER_SIDE_MAX;
    const int sides[] = {width, height};
    for (int i = 0; i < 2; i++)
        if (sides[i] % 2 || sides[i] < RENDER_SIDE_MIN || sides[i] > most)
            return err_set(err, ERR_FORMAT, "cannot render %dx%d pixels", width,
                           height);
    return true;
}

// The picture of the last frame is at rest there, and comes from where the
// camera was before.
static struct view view_at(const struct world *w, int frame, bool to_last)
{
    const struct render_spec *s = w->spec;
    int end = w->facts.frames - 1;
    double part = end > 0 ? (double)frame / end : 0;
    double motion[RENDER_AXES];
    for (int i = 0; i < RENDER_AXES; i++)
        motion[i] = to_last ? -s->motion[i] : s->motion[i];
    struct view view =
        camera_view(motion, w->facts.seconds, to_last ? 1 - part : part,
                    w->facts.width, w->facts.height);
    view.time = (float)frame / RENDER_FPS;
    return view;
}

static struct still *still_of(const struct world *w, struct image *image)
{
    struct view frame = view_at(w, 0, false);
    return still_new(image, &frame);
}

static bool open_last(struct world *w, struct err *err)
{
    const struct render_bytes *from = &w->spec->last_image;
    struct image image;
    if (from->len == 0)
        return true;
    if (!image_decode(from->bytes, from->len, &image, err))
        return false;
    w->last = still_of(w, &image);
    w->under = xmalloc(3 * (size_t)w->facts.width * (size_t)w->facts.height);
    w->under_planes = yuv_in(w->under, w->facts.width, w->facts.height);
    return true;
}

static bool open_shot(struct world *w, struct err *err)
{
    const struct render_spec *s = w->spec;
    struct image image = {.rgb = NULL};
    if (s->image.len > 0 &&
        !image_decode(s->image.bytes, s->image.len, &image, err))
        return false;
    int frames = (int)(s->seconds * RENDER_FPS + 0.5);
    w->facts = (struct render_facts){.width = s->width,
                                     .height = s->height,
                                     .frames = frames < 1 ? 1 : frames,
                                     .seconds = s->seconds};
    if (image.rgb && s->width == 0)
        render_size_like(image.width, image.height, 1, RENDER_SIDE_MAX,
                         &w->facts.width, &w->facts.height);
    if (image.rgb) {
        w->still = still_of(w, &image);
    } else {
        struct theme theme = theme_of(s->prompt, s->seed);
        w->scene = scene_new(&theme, s->width, s->height);
    }
    return open_last(w, err);
}

static bool open_it(struct world *w, const struct film_watch *watch,
                    struct err *err)
{
    const struct render_spec *s = w->spec;
    bool alone = s->kind == RENDER_SHOT && s->image.len == 0;
    bool sized = alone || s->width != 0 || s->height != 0;
    if (!check_numbers(s, err) ||
        (sized && !check_size(s->kind, s->width, s->height, err)))
        return false;
    if (s->kind == RENDER_SHOT)
        return open_shot(w, err);
    w->reel = reel_open(s, watch, &w->facts, err);
    return w->reel != NULL;
}

struct world *world_open(const struct render_spec *spec,
                         const struct film_watch *watch,
                         struct render_facts *facts, struct err *err)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->spec = spec;
    if (!open_it(w, watch, err)) {
        world_free(w);
        return NULL;
    }
    *facts = w->facts;
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    scene_free(w->scene);
    still_free(w->still);
    still_free(w->last);
    reel_free(w->reel);
    free(w->under);
    free(w);
}

static void draw_first(struct world *w, const struct view *view, uint8_t *rgb)
{
    if (w->still)
        still_draw(w->still, view, NULL, rgb);
    else
        scene_draw(w->scene, view, rgb);
}

// How much of the last picture is seen at a frame, of 256; all of it at the
// end.
static int last_part(const struct world *w, int frame)
{
    int end = w->facts.frames - 1;
    float part = end > 0 ? (float)frame / (float)end : 0;
    return (int)(256 * smooth01(FADE_FROM, FADE_TO, part) + 0.5f);
}

static void draw_shot(struct world *w, int frame, uint8_t *rgb)
{
    int part = w->last ? last_part(w, frame) : 0;
    struct view view = view_at(w, frame, false);
    if (part < 256)
        draw_first(w, &view, rgb);
    if (part == 0)
        return;
    view = view_at(w, frame, true);
    if (part == 256) {
        still_draw(w->last, &view, NULL, rgb);
        return;
    }
    still_draw(w->last, &view, NULL, w->under);
    size_t bytes = 3 * (size_t)w->facts.width * (size_t)w->facts.height;
    for (size_t i = 0; i < bytes; i++)
        rgb[i] = (uint8_t)((rgb[i] * (256 - part) + w->under[i] * part) >> 8);
}

bool world_draw(struct world *w, int frame, uint8_t *rgb, struct err *err)
{
    if (w->reel) {
        struct view view = view_at(w, frame, false);
        return reel_draw(w->reel, frame, &view, rgb, err);
    }
    draw_shot(w, frame, rgb);
    return true;
}

static void draw_first_planes(struct world *w, const struct view *view,
                              const struct yuv_planes *planes)
{
    if (w->still)
        still_draw_planes(w->still, view, NULL, planes);
    else
        scene_draw_planes(w->scene, view, planes);
}

static void draw_shot_planes(struct world *w, int frame,
                             const struct yuv_planes *planes)
{
    int part = w->last ? last_part(w, frame) : 0;
    struct view view = view_at(w, frame, false);
    if (part < 256)
        draw_first_planes(w, &view, planes);
    if (part == 0)
        return;
    view = view_at(w, frame, true);
    if (part == 256) {
        still_draw_planes(w->last, &view, NULL, planes);
        return;
    }
    still_draw_planes(w->last, &view, NULL, &w->under_planes);
    yuv_mix(planes, &w->under_planes, part, w->facts.width, w->facts.height);
}

bool world_draw_planes(struct world *w, int frame,
                       const struct yuv_planes *planes, struct err *err)
{
    if (w->reel) {
        struct view view = view_at(w, frame, false);
        return reel_draw_planes(w->reel, frame, &view, planes, err);
    }
    draw_shot_planes(w, frame, planes);
    return true;
}
