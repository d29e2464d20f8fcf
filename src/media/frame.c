#include "media/frame.h"

#include <math.h>
#include <stdlib.h>

#include <libswscale/swscale.h>

#include "media/av.h"
#include "media/clip.h"
#include "media/picture.h"

#define LATE_BY 0.001 // seconds: times that people write are rounded

// What the packets say, before anything is decoded.
struct survey {
    int64_t wanted; // timestamp of the picture; AV_NOPTS_VALUE: not known
    int64_t from;   // packet of the video from which decoding gets there
};

struct cut {
    const char *path;
    const struct frame_pick *pick;
    struct clip clip;
    AVPacket *packet;
    AVFrame *next, *best; // the picture just decoded; the one to take
    bool found, enough;
    bool broken; // something on the way did not decode
};

static int64_t stamp_of(const AVFrame *f)
{
    return f->best_effort_timestamp;
}

// The latest timestamp that is not too late, in units of the video.
static int64_t limit_of(const struct cut *c)
{
    const AVStream *s = c->clip.format->streams[c->clip.video];
    int64_t start = s->start_time == AV_NOPTS_VALUE ? 0 : s->start_time;
    if (c->pick->which != FRAME_AT)
        return INT64_MAX;
    double ticks = floor((c->pick->seconds + LATE_BY) / av_q2d(s->time_base));
    return ticks < 1e15 ? av_sat_add64(start, (int64_t)ticks) : INT64_MAX;
}

static bool read_packet(struct cut *c, bool *more, struct err *err)
{
    *more = false;
    for (int64_t n = 0; n < CLIP_PACKETS_MAX; n++) {
        int code = av_read_frame(c->clip.format, c->packet);
        if (code == AVERROR_EOF)
            return true;
        if (code < 0)
            return av_err(err, ERR_FORMAT, "the file is cut off or broken",
                          code);
        *more = c->packet->stream_index == c->clip.video;
        if (*more)
            return true;
        av_packet_unref(c->packet);
    }
    return err_set(err, ERR_FORMAT, "more than %d samples", CLIP_PACKETS_MAX);
}

// Decoding begins a whole picture earlier than it must: what is shown between
// two of them may lean on both.
static bool look(struct cut *c, struct survey *survey, struct err *err)
{
    *survey = (struct survey){.wanted = AV_NOPTS_VALUE};
    if (c->pick->which == FRAME_FIRST)
        return true;
    int64_t limit = limit_of(c), key = 0, key_before = 0;
    bool more = true, timed = true;
    for (int64_t n = 0;; n++) {
        if (!read_packet(c, &more, err))
            return false;
        if (!more)
            break;
        if (n == CLIP_PACKETS_MAX)
            return err_set(err, ERR_FORMAT, "more than %d samples",
                           CLIP_PACKETS_MAX);
        const AVPacket *p = c->packet;
        if (p->flags & AV_PKT_FLAG_KEY) {
            key_before = key;
            key = n;
        }
        timed &= p->pts != AV_NOPTS_VALUE;
        bool shown = timed && !(p->flags & AV_PKT_FLAG_DISCARD);
        if (shown && p->pts <= limit &&
            (survey->wanted == AV_NOPTS_VALUE || p->pts > survey->wanted))
            *survey = (struct survey){p->pts, key_before};
        av_packet_unref(c->packet);
    }
    if (!timed)
        *survey = (struct survey){.wanted = AV_NOPTS_VALUE};
    return true;
}

static void consider(struct cut *c, int64_t limit)
{
    int64_t stamp = stamp_of(c->next);
    bool known = stamp != AV_NOPTS_VALUE;
    bool late = known && stamp > limit;
    bool later = !c->found || !known || stamp >= stamp_of(c->best);
    if (!c->found || (later && !late)) {
        av_frame_unref(c->best);
        av_frame_move_ref(c->best, c->next);
        c->found = true;
    }
    c->enough = c->pick->which == FRAME_FIRST || late;
}

// `packet` NULL: there are no more.
static void decode(struct cut *c, const AVPacket *packet, int64_t limit)
{
    int code = avcodec_send_packet(c->clip.decoder, packet);
    if (code < 0 && code != AVERROR_EOF)
        c->broken = true;
    for (;;) {
        code = avcodec_receive_frame(c->clip.decoder, c->next);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF || c->enough)
            break;
        if (code < 0) {
            c->broken = true;
            break;
        }
        c->broken |= c->next->decode_error_flags != 0 ||
                     (c->next->flags & AV_FRAME_FLAG_CORRUPT);
        consider(c, limit);
        av_frame_unref(c->next);
    }
}

static bool open_again(struct cut *c, struct err *err)
{
    clip_close(&c->clip);
    return clip_open(&c->clip, c->path, CLIP_AS_SHOWN, err);
}

static bool decode_from(struct cut *c, int64_t from, struct err *err)
{
    if (!open_again(c, err))
        return false;
    c->found = c->enough = c->broken = false;
    int64_t limit = limit_of(c);
    bool more = true;
    for (int64_t n = 0; !c->enough; n++) {
        if (!read_packet(c, &more, err))
            return false;
        if (!more)
            break;
        if (n >= from)
            decode(c, c->packet, limit);
        av_packet_unref(c->packet);
    }
    if (!c->enough)
        decode(c, NULL, limit);
    return true;
}

// From near by where the packets say it can be; where that does not give the
// very picture, from the beginning.
static bool find(struct cut *c, struct err *err)
{
    struct survey survey;
    if (!clip_open(&c->clip, c->path, CLIP_AS_SHOWN, err) ||
        !look(c, &survey, err))
        return false;
    if (!decode_from(c, survey.from, err))
        return false;
    bool sure =
        c->found && !c->broken &&
        (survey.wanted == AV_NOPTS_VALUE || stamp_of(c->best) == survey.wanted);
    if (!sure && survey.from > 0 && !decode_from(c, 0, err))
        return false;
    return c->found ||
           err_set(err, ERR_FORMAT, "no picture could be decoded there");
}

static int even(double x)
{
    return x < 2 ? 2 : (int)lround(x) & ~1;
}

// Its size as it lies in the file, within `room` as it is shown.
static void size_of(const struct cut *c, struct frame_room room, int *w, int *h)
{
    picture_size(c->best, w, h);
    if ((room.width <= 0 && room.height <= 0) || *w <= 0 || *h <= 0)
        return;
    bool lies = clip_quarters(&c->clip) % 2;
    int width = lies ? room.height : room.width;
    int height = lies ? room.width : room.height;
    double scale = 1;
    if (width > 0)
        scale = fmin(scale, (double)width / *w);
    if (height > 0)
        scale = fmin(scale, (double)height / *h);
    *w = even(*w * scale);
    *h = even(*h * scale);
}

static bool show(struct cut *c, struct frame_room room, struct image *out,
                 struct err *err)
{
    if (c->best->sample_aspect_ratio.num <= 0)
        c->best->sample_aspect_ratio =
            c->clip.format->streams[c->clip.video]->sample_aspect_ratio;
    int w, h;
    size_of(c, room, &w, &h);
    bool smaller = w < c->best->width || h < c->best->height;
    struct SwsContext *scale = NULL;
    bool ok =
        picture_scale(c->best, w, h, smaller ? PICTURE_SMALL : PICTURE_SOFT,
                      &scale, out, err);
    sws_freeContext(scale);
    if (ok)
        picture_turn(out, clip_quarters(&c->clip));
    return ok;
}

bool media_picture(const char *path, const struct frame_pick *pick,
                   struct frame_room room, struct image *out, struct err *err)
{
    struct cut c = {.path = path,
                    .pick = pick,
                    .packet = av_packet_alloc(),
                    .next = av_frame_alloc(),
                    .best = av_frame_alloc()};
    bool ok = find(&c, err) && show(&c, room, out, err);
    av_packet_free(&c.packet);
    av_frame_free(&c.next);
    av_frame_free(&c.best);
    clip_close(&c.clip);
    return ok;
}

bool media_frame(const char *path, const struct frame_pick *pick,
                 const char *out, int *width, int *height, struct err *err)
{
    struct image image;
    struct frame_room any = {0, 0};
    if (!media_picture(path, pick, any, &image, err))
        return false;
    *width = image.width;
    *height = image.height;
    bool ok = image_write_png(out, image.rgb, image.width, image.height, err);
    free(image.rgb);
    return ok;
}
