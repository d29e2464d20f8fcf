#include "media/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>

#include "base/mem.h"
#include "media/av.h"
#include "media/container.h"

// Playlists are left out: they name other files.
#define FORMATS "mov,mp4,matroska,webm,gif,avi,mpegts,flv,ogg"
#define CODECS                                                                 \
    "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,gif,mjpeg,"   \
    "mpeg4,mpeg2video,prores,theora,aac,mp3,mp3float,opus,libopus,vorbis,"     \
    "flac,ac3,pcm_s16le,pcm_s16be,pcm_s24le,pcm_f32le"

#define PROBE_BYTES "5000000"
#define STREAMS_MAX 32
#define PACKETS_MAX 1000000      // an hour of film at 60 pictures, twice over
#define PIXELS_MAX (8192 * 8192) // of one picture

struct check {
    AVFormatContext *format;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *frame;
    int video; // index of the video stream
    bool decoded;
    int64_t bytes;                // size of the file
    int64_t packets[STREAMS_MAX]; // read, by stream
    double end;                   // of the last picture or sound, in seconds
};

static void close_all(struct check *c)
{
    av_packet_free(&c->packet);
    av_frame_free(&c->frame);
    avcodec_free_context(&c->decoder);
    avformat_close_input(&c->format);
}

static bool open_file(struct check *c, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(err, ERR_DISK, "%s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DISK, "%s: not a regular file", path);
    if (st.st_size == 0)
        return err_set(err, ERR_FORMAT, "the file is empty");
    c->bytes = st.st_size;

    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", FORMATS, 0);
    av_dict_set(&options, "codec_whitelist", CODECS, 0);
    av_dict_set(&options, "probesize", PROBE_BYTES, 0);
    av_dict_set(&options, "max_streams", "32", 0);
    // Count what is stored, not what an edit list shows of it.
    av_dict_set(&options, "ignore_editlist", "1", 0);
    // The prefix keeps a name like "http:x" from being an address.
    char *url = xasprintf("file:%s", path);
    int code = avformat_open_input(&c->format, url, NULL, &options);
    av_dict_free(&options);
    free(url);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "not a clip", code);
    return true;
}

static bool open_streams(struct check *c, struct err *err)
{
    int code = avformat_find_stream_info(c->format, NULL);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "not a clip", code);
    const AVCodec *codec = NULL;
    code =
        av_find_best_stream(c->format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (code < 0 || code >= STREAMS_MAX)
        return err_set(err, ERR_FORMAT, "the file has no video");
    c->video = code;
    c->decoder = avcodec_alloc_context3(codec);
    const AVStream *stream = c->format->streams[c->video];
    code = avcodec_parameters_to_context(c->decoder, stream->codecpar);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "no usable video", code);
    c->decoder->max_pixels = PIXELS_MAX;
    c->decoder->thread_count = 1;
    code = avcodec_open2(c->decoder, codec, NULL);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "no decoder for the video", code);
    return true;
}

// Until the first picture is out. `packet` NULL: there are no more.
static bool decode(struct check *c, const AVPacket *packet, struct err *err)
{
    int code = avcodec_send_packet(c->decoder, packet);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "the first picture is broken", code);
    code = avcodec_receive_frame(c->decoder, c->frame);
    if (code == 0)
        c->decoded = true;
    else if (code != AVERROR(EAGAIN) && code != AVERROR_EOF)
        return av_err(err, ERR_FORMAT, "the first picture is broken", code);
    return true;
}

static bool take_packet(struct check *c, struct err *err)
{
    const AVPacket *p = c->packet;
    if (p->stream_index < 0 || p->stream_index >= STREAMS_MAX)
        return err_set(err, ERR_FORMAT, "too many tracks");
    if ((p->flags & AV_PKT_FLAG_CORRUPT) ||
        (p->pos >= 0 && (p->pos > c->bytes || p->size > c->bytes - p->pos)))
        return err_set(err, ERR_FORMAT,
                       "the file ends inside a picture or sound");
    c->packets[p->stream_index]++;
    const AVStream *stream = c->format->streams[p->stream_index];
    if (p->pts != AV_NOPTS_VALUE) {
        double end = (double)p->pts * av_q2d(stream->time_base) +
                     (double)p->duration * av_q2d(stream->time_base);
        if (end > c->end)
            c->end = end;
    }
    if (p->stream_index == c->video && !c->decoded)
        return decode(c, p, err);
    return true;
}

static bool read_all(struct check *c, struct err *err)
{
    c->packet = av_packet_alloc();
    c->frame = av_frame_alloc();
    for (int64_t n = 0;; n++) {
        int code = av_read_frame(c->format, c->packet);
        if (code == AVERROR_EOF)
            break;
        if (code < 0)
            return av_err(err, ERR_FORMAT, "the file is cut off or broken",
                          code);
        if (n == PACKETS_MAX)
            return err_set(err, ERR_FORMAT, "more than %d samples",
                           PACKETS_MAX);
        bool ok = take_packet(c, err);
        av_packet_unref(c->packet);
        if (!ok)
            return false;
    }
    if (c->format->pb && c->format->pb->error < 0)
        return av_err(err, ERR_DISK, "reading the file", c->format->pb->error);
    if (!c->decoded && !decode(c, NULL, err))
        return false;
    if (!c->decoded)
        return err_set(err, ERR_FORMAT, "no picture could be decoded");
    return true;
}

static enum container container_of(const struct check *c)
{
    const char *name = c->format->iformat->name;
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
    const AVFormatContext *f = c->format;
    for (unsigned i = 0; i < f->nb_streams && i < STREAMS_MAX; i++) {
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
        av_dict_get(c->format->metadata, "major_brand", NULL, 0);
    return brand && strncmp(brand->value, "qt", 2) == 0;
}

static bool has_web_codec(const struct check *c)
{
    enum AVCodecID id = c->decoder->codec_id;
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
    const char *name = c->format->iformat->name;
    return strcmp(name, "mpegts") == 0 ? "ts" : name;
}

static double seconds_of(const struct check *c)
{
    const AVStream *s = c->format->streams[c->video];
    if (c->format->duration > 0)
        return (double)c->format->duration / AV_TIME_BASE;
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
    facts->frames = c->packets[c->video];
    snprintf(facts->codec, sizeof(facts->codec), "%s",
             avcodec_get_name(c->decoder->codec_id));
    snprintf(facts->ext, sizeof(facts->ext), "%s", extension(c));
    facts->has_audio = false;
    for (unsigned i = 0; i < c->format->nb_streams && i < STREAMS_MAX; i++)
        if (c->format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            facts->has_audio = true;
    if (facts->seconds <= 0 || facts->width <= 0 || facts->height <= 0)
        return err_set(err, ERR_FORMAT, "the clip has no length or no size");
    return true;
}

bool media_check(const char *path, struct media_facts *facts, struct err *err)
{
    av_quiet();
    struct check c = {.format = NULL};
    bool ok = open_file(&c, path, err) && open_streams(&c, err) &&
              read_all(&c, err) && is_whole(&c, path, err) &&
              fill(&c, facts, err);
    close_all(&c);
    return ok;
}
