#include "gateway/render.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/render_belt.h"
#include "gateway/render_caption.h"
#include "gateway/render_world.h"
#include "media/image.h"

#define FADE 0.25 // seconds that the caption takes to come and to go

struct job {
    struct render_spec spec; // with the size and the length that it came to
    struct render_facts facts;
    const char *poster, *last;
    bool (*progress)(void *arg, double done);
    void *arg;
    double done; // 0..1
    struct world *world;
    struct caption *caption; // NULL: no words
    uint8_t *rgb;            // a picture that is kept
};

static bool go_on(void *arg)
{
    const struct job *job = arg;
    return !job->progress || job->progress(job->arg, job->done);
}

static bool open_job(struct job *job, const struct render_spec *spec,
                     struct err *err)
{
    struct film_watch watch = {go_on, job};
    job->world = world_open(spec, &watch, &job->facts, err);
    if (!job->world)
        return false;
    job->spec = *spec;
    job->spec.width = job->facts.width;
    job->spec.height = job->facts.height;
    job->spec.seconds = job->facts.seconds;
    return true;
}

static void close_job(struct job *job)
{
    world_free(job->world);
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

static bool write_png(const struct job *job, const char *path,
                      const uint8_t *rgb, struct err *err)
{
    return image_write_png(path, rgb, job->facts.width, job->facts.height, err);
}

// A picture that others may begin with is drawn in all of its colours.
static bool draw_kept(struct job *job, struct belt *belt, int i,
                      const struct yuv_planes *planes, struct err *err)
{
    int width = job->facts.width, height = job->facts.height;
    if (!world_draw(job->world, i, job->rgb, err))
        return false;
    yuv_from_rgb(job->rgb, width, height, planes);
    belt_put(belt);
    if (i == 0 && !write_png(job, job->poster, job->rgb, err))
        return false;
    return i < job->facts.frames - 1 ||
           write_png(job, job->last, job->rgb, err);
}

static bool draw_frame(struct job *job, struct belt *belt, int i,
                       struct err *err)
{
    int end = job->facts.frames - 1;
    double time = (double)i / RENDER_FPS;
    const struct yuv_planes *planes = belt_take(belt, err);
    if (!planes)
        return false;
    if (i == 0 || i == end)
        return draw_kept(job, belt, i, planes, err);
    if (!world_draw_planes(job->world, i, planes, err))
        return false;
    if (job->caption)
        caption_draw(job->caption, time,
                     caption_part(time, (double)end / RENDER_FPS), planes);
    belt_put(belt);
    return true;
}

static bool draw_all(struct job *job, struct belt *belt, struct err *err)
{
    for (int i = 0; i < job->facts.frames; i++) {
        if (!draw_frame(job, belt, i, err))
            return false;
        job->done = (double)(i + 1) / job->facts.frames;
        if (!go_on(job))
            return err_set(err, ERR_GATEWAY, "stopped");
    }
    return true;
}

bool render_clip(const struct render_spec *spec, const char *clip,
                 const char *poster, const char *last,
                 bool (*progress)(void *arg, double done), void *arg,
                 struct render_facts *facts, struct err *err)
{
    struct job job = {
        .poster = poster, .last = last, .progress = progress, .arg = arg};
    bool ok = false;
    struct belt *belt = NULL;
    if (open_job(&job, spec, err)) {
        // An enlarged film is wanted as it is.
        if (spec->kind != RENDER_UPSCALE)
            job.caption = caption_new(&job.spec);
        job.rgb =
            xmalloc(3 * (size_t)job.facts.width * (size_t)job.facts.height);
        belt =
            belt_open(clip, job.facts.width, job.facts.height, RENDER_FPS, err);
    }
    if (belt && draw_all(&job, belt, err))
        ok = belt_finish(belt, err);
    else
        belt_drop(belt);
    *facts = job.facts;
    close_job(&job);
    if (!ok) {
        unlink(poster);
        unlink(last);
    }
    return ok;
}

bool render_picture(const struct render_spec *spec, const char *png,
                    struct render_facts *facts, struct err *err)
{
    struct job job = {.poster = png};
    struct render_spec still = *spec;
    still.seconds = 1;
    bool ok = spec->kind == RENDER_SHOT
                  ? open_job(&job, &still, err)
                  : err_set(err, ERR_FORMAT, "this is no order of a picture");
    if (ok) {
        size_t pixels = (size_t)job.facts.width * (size_t)job.facts.height;
        uint8_t *rgb = xmalloc(3 * pixels);
        ok = world_draw(job.world, 0, rgb, err) &&
             write_png(&job, png, rgb, err);
        free(rgb);
    }
    *facts = job.facts;
    close_job(&job);
    return ok;
}
