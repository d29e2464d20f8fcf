#include "media/check.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/dict.h>

#include "media/av.h"
#include "media/clip.h"
#include "media/container.h"

struct check {
    struct clip clip;
    AVPacket *packet;
    AVFrame *frame;
    bool decoded;
    int64_t packets[CLIP_STREAMS_MAX]; // read, by stream
    double end; // of the last picture or sound, in seconds
};

static void close_all(struct check *c)
{
    av_packet_free(&c->packet);
    av_frame_free(&c->frame);
    clip_close(&c->clip);
}

// Until the first picture is out. `packet` NULL: there are no more.
static bool decode(struct check *c, const AVPacket *packet, struct err *err)
{
    int code = avcodec_send_packet(c->clip.decoder, packet);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "the first picture is broken", code);
    code = avcodec_receive_frame(c->clip.decoder, c->frame);
    if (code == 0)
        c->decoded = true;
    else if (code != AVERROR(EAGAIN) && code != AVERROR_EOF)
        return av_err(err, ERR_FORMAT, "the first picture is broken", code);
    return true;
}

static bool take_packet(struct check *c, struct err *err)
{
    const AVPacket *p = c->packet;
    if (p->stream_index < 0 || p->stream_index >= CLIP_STREAMS_MAX)
        return err_set(err, ERR_FORMAT, "too many tracks");
    if ((p->flags & AV_PKT_FLAG_CORRUPT) ||
        (p->pos >= 0 &&
         (p->pos > c->clip.bytes || p->size > c->clip.bytes - p->pos)))
        return err_set(err, ERR_FORMAT,
                       "the file ends inside a picture or sound");
    c->packets[p->stream_index]++;
    const AVStream *stream = c->clip.format->streams[p->stream_index];
    if (p->pts != AV_NOPTS_VALUE) {
        double end = (double)p->pts * av_q2d(stream->time_base) +
                     (double)p->duration * av_q2d(stream->time_base);
        if (end > c->end)
            c->end = end;
    }
    if (p->stream_index == c->clip.video && !c->decoded)
        return decode(c, p, err);
    return true;
}

static bool read_all(struct check *c, struct err *err)
{
    c->packet = av_packet_alloc();
    c->frame = av_frame_alloc();
    for (int64_t n = 0;; n++) {
        int code = av_read_frame(c->clip.format, c->packet);
        if (code == AVERROR_EOF)
            break;
        if (code < 0)
            return av_err(err, ERR_FORMAT, "the file is cut off or broken",
                          code);
        if (n == CLIP_PACKETS_MAX)
            return err_set(err, ERR_FORMAT, "more than %d samples",
                           CLIP_PACKETS_MAX);
        bool ok = take_packet(c, err);
        av_packet_unref(c->packet);
        if (!ok)
            return false;
    }
    if (c->clip.format->pb && c->clip.format->pb->error < 0)
        return av_err(err, ERR_DISK, "reading the file",
                      c->clip.format->pb->error);
    if (!c->decoded && !decode(c, NULL, err))
        return false;
    if (!c->decoded)
        return err_set(err, ERR_FORMAT, "no picture could be decoded");
    return true;
}

static enum container container_of(const struct check *c)
{
    const char *name = c->clip.format->iformat->name;
    if (strstr(name, "mp4"))
        return CONTAINER_BOXES;
    if (strstr(name, "matroska"))
        return CONTAINER_EBML;
    return strcmp(name, "gif") == 0 ? CONTAINER_GIF : CONTAINER_OTHER;
}

// What the container's index promised must have been there. A reader that
// meets the end of a file early often ends without an error.
static bool is_whole(const struct check *c, const char *path, struct err *err)
{
    enum container kind = container_of(c);
    const AVFormatContext *f = c->clip.format;
    for (unsigned i = 0; i < f->nb_streams && i < CLIP_STREAMS_MAX; i++) {
        const AVStream *s = f->streams[i];
        if (kind == CONTAINER_BOXES && s->nb_frames > c->packets[i] &&
            !(s->disposition & AV_DISPOSITION_ATTACHED_PIC))
            return err_set(err, ERR_FORMAT,
                           "the file is cut off: %lld of %lld samples are "
                           "there",
                           (long long)c->packets[i], (long long)s->nb_frames);
    }
    return container_whole(path, kind, err);
}

static bool has_quicktime_brand(const struct check *c)
{
    const AVDictionaryEntry *brand =
        av_dict_get(c->clip.format->metadata, "major_brand", NULL, 0);
    return brand && strncmp(brand->value, "qt", 2) == 0;
}

static bool has_web_codec(const struct check *c)
{
    enum AVCodecID id = c->clip.decoder->codec_id;
    return id == AV_CODEC_ID_VP8 || id == AV_CODEC_ID_VP9 ||
           id == AV_CODEC_ID_AV1;
}

static const char *extension(const struct check *c)
{
    switch (container_of(c)) {
    case CONTAINER_BOXES:
        return has_quicktime_brand(c) ? "mov" : "mp4";
    case CONTAINER_EBML:
        return has_web_codec(c) ? "webm" : "mkv";
    case CONTAINER_GIF:
        return "gif";
    case CONTAINER_OTHER:
        break;
    }
    const char *name = c->clip.format->iformat->name;
    return strcmp(name, "mpegts") == 0 ? "ts" : name;
}

static double seconds_of(const struct check *c)
{
    const AVStream *s = c->clip.format->streams[c->clip.video];
    if (c->clip.format->duration > 0)
        return (double)c->clip.format->duration / AV_TIME_BASE;
    if (s->duration > 0)
        return (double)s->duration * av_q2d(s->time_base);
    return c->end;
}

static bool fill(const struct check *c, struct media_facts *facts,
                 struct err *err)
{
    facts->seconds = seconds_of(c);
    facts->width = c->frame->width;
    facts->height = c->frame->height;
    facts->frames = c->packets[c->clip.video];
    snprintf(facts->codec, sizeof(facts->codec), "%s",
             avcodec_get_name(c->clip.decoder->codec_id));
    snprintf(facts->ext, sizeof(facts->ext), "%s", extension(c));
    facts->has_audio = false;
    for (unsigned i = 0; i < c->clip.format->nb_streams && i < CLIP_STREAMS_MAX;
         i++)
        if (c->clip.format->streams[i]->codecpar->codec_type ==
            AVMEDIA_TYPE_AUDIO)
            facts->has_audio = true;
    if (facts->seconds <= 0 || facts->width <= 0 || facts->height <= 0)
        return err_set(err, ERR_FORMAT, "the clip has no length or no size");
    return true;
}

bool media_check(const char *path, struct media_facts *facts, struct err *err)
{
    struct check c = {.packet = NULL};
    // Count what is stored, not what an edit list shows of it.
    bool ok = clip_open(&c.clip, path, CLIP_AS_STORED, err) &&
              read_all(&c, err) && is_whole(&c, path, err) &&
              fill(&c, facts, err);
    close_all(&c);
    return ok;
}
