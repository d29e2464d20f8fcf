#include "media/film.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libswscale/swscale.h>

#include "base/mem.h"
#include "media/av.h"
#include "media/clip.h"
#include "media/picture.h"

#define LATE_BY 0.001    // seconds: timestamps are rounded
#define TOO_LONG_BY 0.25 // seconds that a minute may be longer
#define USUAL_RATE 24.0  // pictures a second, where nothing says it
#define RATE_MAX 1000.0

// `now` in one kind of scaling.
struct scaled {
    struct SwsContext *rgb, *planes;
    struct image shown; // as it was wanted last; rgb NULL: not yet
};

struct film {
    struct film_watch watch; // go_on NULL: nobody
    bool stopped;
    struct clip clip;
    AVPacket *packet;
    AVFrame *now, *next;
    double start;           // timestamp of the first picture, in seconds
    double now_at, next_at; // since the first
    bool has_next, drained;
    int64_t packets;
    struct scaled scaled[FILM_SCALINGS];
};

static bool go_on(struct film *f)
{
    if (!f->stopped && f->watch.go_on)
        f->stopped = !f->watch.go_on(f->watch.arg);
    return !f->stopped;
}

static double seconds_of(const struct film *f, int64_t stamp)
{
    const AVStream *s = f->clip.format->streams[f->clip.video];
    return (double)stamp * av_q2d(s->time_base);
}

// How long a picture is shown, where it does not say so itself.
static double usual_length(const struct film *f)
{
    AVRational r = f->clip.format->streams[f->clip.video]->avg_frame_rate;
    double rate = r.num > 0 && r.den > 0 ? av_q2d(r) : USUAL_RATE;
    return 1 /
           (rate > 1 / FILM_SECONDS_MAX && rate < RATE_MAX ? rate : USUAL_RATE);
}

// The next packet of the video; false at the end, also where that is a break.
static bool read_packet(struct film *f)
{
    while (f->packets < CLIP_PACKETS_MAX && go_on(f) &&
           av_read_frame(f->clip.format, f->packet) >= 0) {
        f->packets++;
        if (f->packet->stream_index == f->clip.video)
            return true;
        av_packet_unref(f->packet);
    }
    return false;
}

// How long it is, by what its packets say, and how many pictures it has: more
// than FILM_PICTURES_MAX are not counted.
static double survey(struct film *f, int *pictures)
{
    double first = INFINITY, end = -INFINITY;
    int shown = 0;
    while (shown <= FILM_PICTURES_MAX && read_packet(f)) {
        const AVPacket *p = f->packet;
        if (!(p->flags & AV_PKT_FLAG_DISCARD)) {
            shown++;
            if (p->pts != AV_NOPTS_VALUE) {
                double at = seconds_of(f, p->pts);
                double length = p->duration > 0 ? seconds_of(f, p->duration)
                                                : usual_length(f);
                first = at < first ? at : first;
                end = at + length > end ? at + length : end;
            }
        }
        av_packet_unref(f->packet);
    }
    *pictures = shown;
    return end > first ? end - first : shown * usual_length(f);
}

// What does not decode is left out, and what would take for ever to.
static void send_packet(struct film *f)
{
    bool jpeg = f->clip.decoder->codec_id == AV_CODEC_ID_MJPEG;
    if (!jpeg || !image_repeats(f->packet->data, (size_t)f->packet->size))
        (void)avcodec_send_packet(f->clip.decoder, f->packet);
    av_packet_unref(f->packet);
}

// One more picture out of the decoder into `next`; false where there is none.
static bool decode(struct film *f)
{
    while (go_on(f)) {
        int code = avcodec_receive_frame(f->clip.decoder, f->next);
        if (code == 0)
            return true;
        if (code == AVERROR_EOF || (code == AVERROR(EAGAIN) && f->drained))
            return false;
        if (read_packet(f)) {
            send_packet(f);
        } else if (f->drained) {
            return false;
        } else {
            f->drained = true;
            (void)avcodec_send_packet(f->clip.decoder, NULL);
        }
    }
    return false;
}

static void read_next(struct film *f)
{
    f->has_next = decode(f);
    if (!f->has_next)
        return;
    int64_t stamp = f->next->best_effort_timestamp;
    double at = stamp == AV_NOPTS_VALUE ? f->now_at + usual_length(f)
                                        : seconds_of(f, stamp) - f->start;
    f->next_at = at > f->now_at ? at : f->now_at;
}

static void forget_shown(struct film *f)
{
    for (int i = 0; i < FILM_SCALINGS; i++) {
        free(f->scaled[i].shown.rgb);
        f->scaled[i].shown.rgb = NULL;
    }
}

static void show_next(struct film *f)
{
    av_frame_unref(f->now);
    av_frame_move_ref(f->now, f->next);
    f->now_at = f->next_at;
    forget_shown(f);
    read_next(f);
}

static bool was_stopped(struct err *err)
{
    return err_set(err, ERR_GATEWAY, "stopped");
}

static bool read_first(struct film *f, struct err *err)
{
    read_next(f);
    if (f->stopped)
        return was_stopped(err);
    if (!f->has_next)
        return err_set(err, ERR_FORMAT, "no picture of the clip decodes");
    int64_t stamp = f->next->best_effort_timestamp;
    f->start = stamp == AV_NOPTS_VALUE ? 0 : seconds_of(f, stamp);
    f->next_at = f->now_at = 0;
    show_next(f);
    return true;
}

// A picture's own shape of a pixel counts, else its stream's.
static void settle_aspect(struct film *f)
{
    if (f->now->sample_aspect_ratio.num <= 0)
        f->now->sample_aspect_ratio =
            f->clip.format->streams[f->clip.video]->sample_aspect_ratio;
}

static bool tell_size(struct film *f, struct film_facts *facts, struct err *err)
{
    settle_aspect(f);
    int width, height;
    picture_size(f->now, &width, &height);
    if (width < 1 || height < 1 || width > FILM_SIDE_MAX ||
        height > FILM_SIDE_MAX)
        return err_set(err, ERR_FORMAT,
                       "the clip has %dx%d pixels; at most %dx%d are taken",
                       width, height, FILM_SIDE_MAX, FILM_SIDE_MAX);
    bool lies = clip_quarters(&f->clip) % 2;
    facts->width = lies ? height : width;
    facts->height = lies ? width : height;
    return true;
}

static bool tell_length(struct film *f, struct film_facts *facts,
                        struct err *err)
{
    int pictures;
    facts->seconds = survey(f, &pictures);
    if (f->stopped)
        return was_stopped(err);
    if (!(facts->seconds > 0))
        return err_set(err, ERR_FORMAT, "the clip has no pictures");
    if (facts->seconds > FILM_SECONDS_MAX + TOO_LONG_BY)
        return err_set(err, ERR_FORMAT,
                       "the clip is %.0f seconds long; at most %.0f are taken",
                       facts->seconds, FILM_SECONDS_MAX);
    if (pictures > FILM_PICTURES_MAX)
        return err_set(err, ERR_FORMAT, "the clip has more than %d pictures",
                       FILM_PICTURES_MAX);
    if (facts->seconds > FILM_SECONDS_MAX)
        facts->seconds = FILM_SECONDS_MAX;
    return true;
}

static bool open_it(struct film *f, const char *path, struct film_facts *facts,
                    struct err *err)
{
    if (!clip_open(&f->clip, path, CLIP_AS_SHOWN, err) ||
        !tell_length(f, facts, err))
        return false;
    clip_close(&f->clip);
    f->packets = 0;
    return clip_open(&f->clip, path, CLIP_AS_SHOWN, err) &&
           read_first(f, err) && tell_size(f, facts, err);
}

struct film *film_open(const char *path, const struct film_watch *watch,
                       struct film_facts *facts, struct err *err)
{
    struct film *f = xcalloc(1, sizeof(*f));
    if (watch)
        f->watch = *watch;
    f->packet = av_packet_alloc();
    f->now = av_frame_alloc();
    f->next = av_frame_alloc();
    if (open_it(f, path, facts, err))
        return f;
    film_close(f);
    return NULL;
}

void film_close(struct film *f)
{
    if (!f)
        return;
    av_packet_free(&f->packet);
    av_frame_free(&f->now);
    av_frame_free(&f->next);
    forget_shown(f);
    for (int i = 0; i < FILM_SCALINGS; i++) {
        sws_freeContext(f->scaled[i].rgb);
        sws_freeContext(f->scaled[i].planes);
    }
    clip_close(&f->clip);
    free(f);
}

static const enum picture_scaling kinds[] = {[FILM_SOFT] = PICTURE_SOFT,
                                             [FILM_SHARP] = PICTURE_SHARP,
                                             [FILM_SMALL] = PICTURE_SMALL};

static bool make(struct film *f, int width, int height, enum film_scaling how,
                 struct err *err)
{
    struct scaled *s = &f->scaled[how];
    int quarters = clip_quarters(&f->clip);
    bool lies = quarters % 2;
    free(s->shown.rgb);
    s->shown.rgb = NULL;
    if (!picture_scale(f->now, lies ? height : width, lies ? width : height,
                       kinds[how], &s->rgb, &s->shown, err))
        return false;
    picture_turn(&s->shown, quarters);
    return true;
}

static bool go_to(struct film *f, double seconds, struct err *err)
{
    while (f->has_next && f->next_at <= seconds + LATE_BY)
        show_next(f);
    return !f->stopped || was_stopped(err);
}

static bool show(struct film *f, int width, int height, enum film_scaling how,
                 struct err *err)
{
    const struct image *shown = &f->scaled[how].shown;
    bool ready = shown->rgb && shown->width == width && shown->height == height;
    return ready || make(f, width, height, how, err);
}

bool film_read(struct film *f, double seconds, int width, int height,
               enum film_scaling how, uint8_t *rgb, struct err *err)
{
    if (!go_to(f, seconds, err) || !show(f, width, height, how, err))
        return false;
    memcpy(rgb, f->scaled[how].shown.rgb, 3 * (size_t)width * (size_t)height);
    return true;
}

bool film_read_planes(struct film *f, double seconds, int width, int height,
                      enum film_scaling how, const struct yuv_planes *planes,
                      struct err *err)
{
    if (!go_to(f, seconds, err))
        return false;
    if (picture_has_planes(f->now) && clip_quarters(&f->clip) == 0)
        return picture_planes(f->now, width, height, kinds[how],
                              &f->scaled[how].planes, planes, err);
    if (!show(f, width, height, how, err))
        return false;
    yuv_from_rgb(f->scaled[how].shown.rgb, width, height, planes);
    return true;
}
