#include "media/encode.h"

#include <stdlib.h>
#include <unistd.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "base/mem.h"
#include "media/av.h"

// x264 gives the same bytes only for the same number of threads.
#define THREADS 2
#define QUALITY 20 // constant rate factor: soft skies show bands beyond it

// x264 holds every picture that it looks ahead at, and two more a thread.
#define LEAN ":rc-lookahead=2:sync-lookahead=0:bframes=1:sliced-threads=1"

struct encoder {
    char *path;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    int64_t next; // number of the next picture
    bool lean;
};

// What x264 may use of the processor. Its macroblock trees read, by AVX-512,
// beyond the rows of a picture whose width is no multiple of 128, and quality
// then follows what the memory held before. (Core 164; every processor with
// AVX-512 has AVX2, which is as fast here.)
static const char *instructions(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return "asm=AVX2";
#endif
    return "asm=auto";
}

static bool open_codec(struct encoder *e, int width, int height, int fps,
                       struct err *err)
{
    const AVCodec *x264 = avcodec_find_encoder_by_name("libx264");
    if (!x264)
        return err_set(err, ERR_DEFECT, "libavcodec was built without x264");
    AVCodecContext *c = e->codec = avcodec_alloc_context3(x264);
    c->width = width;
    c->height = height;
    c->time_base = (AVRational){1, fps};
    c->framerate = (AVRational){fps, 1};
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->color_range = AVCOL_RANGE_MPEG;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->colorspace = AVCOL_SPC_BT709;
    c->thread_count = THREADS;
    c->gop_size = 2 * fps; // players seek to whole pictures only
    c->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_GLOBAL_HEADER;
    av_opt_set(c->priv_data, "preset", "veryfast", 0);
    av_opt_set_double(c->priv_data, "crf", QUALITY, 0);
    char *params = xasprintf("%s%s", instructions(), e->lean ? LEAN : "");
    av_opt_set(c->priv_data, "x264-params", params, 0);
    free(params);
    int code = avcodec_open2(c, x264, NULL);
    return code < 0 ? av_err(err, ERR_DEFECT, "opening x264", code) : true;
}

static bool open_frame(struct encoder *e, struct err *err)
{
    const AVCodecContext *c = e->codec;
    e->frame = av_frame_alloc();
    e->frame->format = c->pix_fmt;
    e->frame->width = c->width;
    e->frame->height = c->height;
    e->frame->color_range = c->color_range;
    e->frame->color_primaries = c->color_primaries;
    e->frame->color_trc = c->color_trc;
    e->frame->colorspace = c->colorspace;
    e->packet = av_packet_alloc();
    int code = av_frame_get_buffer(e->frame, 0);
    return code < 0 ? av_err(err, ERR_DEFECT, "a picture's memory", code)
                    : true;
}

static bool open_file(struct encoder *e, struct err *err)
{
    char *url = xasprintf("file:%s", e->path);
    int code = avformat_alloc_output_context2(&e->format, NULL, "mp4", url);
    if (code >= 0) {
        e->format->flags |= AVFMT_FLAG_BITEXACT;
        e->stream = avformat_new_stream(e->format, NULL);
        e->stream->time_base = e->codec->time_base;
        e->stream->avg_frame_rate = e->codec->framerate;
        code = avcodec_parameters_from_context(e->stream->codecpar, e->codec);
    }
    if (code >= 0)
        code = avio_open(&e->format->pb, url, AVIO_FLAG_WRITE);
    free(url);
    if (code < 0)
        return av_err(err, ERR_DISK, e->path, code);
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", "+faststart", 0);
    code = avformat_write_header(e->format, &options);
    av_dict_free(&options);
    return code < 0 ? av_err(err, ERR_DISK, e->path, code) : true;
}

static void release(struct encoder *e)
{
    if (e->format && e->format->pb)
        avio_closep(&e->format->pb);
    avformat_free_context(e->format);
    avcodec_free_context(&e->codec);
    av_frame_free(&e->frame);
    av_packet_free(&e->packet);
    free(e->path);
    free(e);
}

static struct encoder *open_encoder(const char *path, int width, int height,
                                    int fps, bool lean, struct err *err)
{
    av_tame();
    struct encoder *e = xcalloc(1, sizeof(*e));
    e->path = xstrdup(path);
    e->lean = lean;
    if (open_codec(e, width, height, fps, err) && open_frame(e, err) &&
        open_file(e, err))
        return e;
    encoder_drop(e);
    return NULL;
}

struct encoder *encoder_open(const char *path, int width, int height, int fps,
                             struct err *err)
{
    return open_encoder(path, width, height, fps, false, err);
}

struct encoder *encoder_open_lean(const char *path, int width, int height,
                                  int fps, struct err *err)
{
    return open_encoder(path, width, height, fps, true, err);
}

// `frame` NULL: there are no more.
static bool encode(struct encoder *e, const AVFrame *frame, struct err *err)
{
    int code = avcodec_send_frame(e->codec, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(e->codec, e->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return true;
        if (code < 0)
            break;
        e->packet->duration = 1;
        e->packet->stream_index = e->stream->index;
        av_packet_rescale_ts(e->packet, e->codec->time_base,
                             e->stream->time_base);
        code = av_interleaved_write_frame(e->format, e->packet);
        if (code < 0)
            return av_err(err, ERR_DISK, e->path, code);
    }
    return av_err(err, ERR_DEFECT, "encoding", code);
}

// Memory for the next picture.
static bool next_frame(struct encoder *e, struct yuv_planes *planes,
                       struct err *err)
{
    // The encoder may still hold the picture before.
    int code = av_frame_make_writable(e->frame);
    if (code < 0)
        return av_err(err, ERR_DEFECT, "a picture's memory", code);
    for (int i = 0; i < 3; i++) {
        planes->at[i] = e->frame->data[i];
        planes->stride[i] = e->frame->linesize[i];
    }
    e->frame->pts = e->next++;
    return true;
}

bool encoder_put(struct encoder *e, const uint8_t *rgb, struct err *err)
{
    struct yuv_planes to;
    if (!next_frame(e, &to, err))
        return false;
    yuv_from_rgb(rgb, e->frame->width, e->frame->height, &to);
    return encode(e, e->frame, err);
}

bool encoder_put_planes(struct encoder *e, const struct yuv_planes *planes,
                        struct err *err)
{
    struct yuv_planes to;
    if (!next_frame(e, &to, err))
        return false;
    yuv_copy(&to, planes, e->frame->width, e->frame->height);
    return encode(e, e->frame, err);
}

bool encoder_finish(struct encoder *e, struct err *err)
{
    bool ok = encode(e, NULL, err);
    if (ok) {
        int code = av_write_trailer(e->format);
        int closed = avio_closep(&e->format->pb);
        if (code >= 0)
            code = closed;
        if (code < 0)
            ok = av_err(err, ERR_DISK, e->path, code);
    }
    if (ok)
        release(e);
    else
        encoder_drop(e);
    return ok;
}

void encoder_drop(struct encoder *e)
{
    if (!e)
        return;
    if (e->format && e->format->pb)
        unlink(e->path);
    release(e);
}
