#include "gateway/render.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/camera.h"
#include "gateway/render_caption.h"
#include "gateway/render_still.h"
#include "gateway/scene.h"
#include "media/encode.h"
#include "media/image.h"

#define FADE 0.25 // seconds that the caption takes to come and to go

struct job {
    const struct render_spec *spec;
    const char *poster, *last;
    bool (*progress)(void *arg, double done);
    void *arg;
    int frames;
    struct scene *scene; // or
    struct still *still;
    struct caption *caption;
    uint8_t *rgb;
};

static bool check_spec(const struct render_spec *s, struct err *err)
{
    for (int i = 0; i < RENDER_AXES; i++)
        if (!isfinite(s->motion[i]))
            return err_set(err, ERR_FORMAT, "motion is not a number");
    if (!(s->seconds > 0 && s->seconds <= RENDER_SECONDS_MAX))
        return err_set(err, ERR_FORMAT, "seconds must be above 0, at most %g",
                       RENDER_SECONDS_MAX);
    const int sides[] = {s->width, s->height};
    for (int i = 0; i < 2; i++)
        if (sides[i] % 2 || sides[i] < RENDER_SIDE_MIN ||
            sides[i] > RENDER_SIDE_MAX)
            return err_set(err, ERR_FORMAT, "cannot render %dx%d pixels",
                           s->width, s->height);
    return true;
}

static struct view view_at(const struct job *job, double part)
{
    const struct render_spec *s = job->spec;
    return camera_view(s->motion, s->seconds, part, s->width, s->height);
}

static bool open_world(struct job *job, struct err *err)
{
    const struct render_spec *s = job->spec;
    if (s->image) {
        struct image image;
        if (!image_decode(s->image, s->image_len, &image, err))
            return false;
        struct view frame = view_at(job, 0);
        job->still = still_new(&image, &frame);
    } else {
        struct theme theme = theme_of(s->prompt, s->seed);
        job->scene = scene_new(&theme, s->width, s->height);
    }
    job->caption = caption_new(s);
    job->rgb = xmalloc((size_t)s->width * (size_t)s->height * 3);
    return true;
}

static void close_world(struct job *job)
{
    scene_free(job->scene);
    still_free(job->still);
    caption_free(job->caption);
    free(job->rgb);
}

// The words are neither on the first nor on the last picture: the next clip may
// begin with that one.
static float caption_part(double time, double end)
{
    double left = end - time, near = time < left ? time : left;
    return near < FADE ? (float)(near / FADE) : 1;
}

static bool draw_frame(struct job *job, struct encoder *encoder, int i,
                       struct err *err)
{
    const struct render_spec *s = job->spec;
    int end = job->frames - 1;
    struct view view = view_at(job, end > 0 ? (double)i / end : 0);
    view.time = (float)i / RENDER_FPS;
    if (job->still)
        still_draw(job->still, &view, job->rgb);
    else
        scene_draw(job->scene, &view, job->rgb);
    double time = (double)i / RENDER_FPS;
    caption_draw(job->caption, time,
                 caption_part(time, (double)end / RENDER_FPS), job->rgb);
    if (i == 0 &&
        !image_write_png(job->poster, job->rgb, s->width, s->height, err))
        return false;
    if (i == end &&
        !image_write_png(job->last, job->rgb, s->width, s->height, err))
        return false;
    return encoder_put(encoder, job->rgb, err);
}

static bool draw_all(struct job *job, struct encoder *encoder, struct err *err)
{
    for (int i = 0; i < job->frames; i++) {
        if (!draw_frame(job, encoder, i, err))
            return false;
        double done = (double)(i + 1) / job->frames;
        if (job->progress && !job->progress(job->arg, done))
            return err_set(err, ERR_GATEWAY, "stopped");
    }
    return true;
}

bool render_clip(const struct render_spec *spec, const char *clip,
                 const char *poster, const char *last,
                 bool (*progress)(void *arg, double done), void *arg,
                 struct err *err)
{
    struct job job = {.spec = spec,
                      .poster = poster,
                      .last = last,
                      .progress = progress,
                      .arg = arg};
    if (!check_spec(spec, err))
        return false;
    job.frames = (int)(spec->seconds * RENDER_FPS + 0.5);
    job.frames = job.frames < 1 ? 1 : job.frames;
    bool ok = false;
    struct encoder *encoder = NULL;
    if (open_world(&job, err))
        encoder =
            encoder_open(clip, spec->width, spec->height, RENDER_FPS, err);
    if (encoder && draw_all(&job, encoder, err))
        ok = encoder_finish(encoder, err);
    else
        encoder_drop(encoder);
    close_world(&job);
    if (!ok) {
        unlink(poster);
        unlink(last);
    }
    return ok;
}
