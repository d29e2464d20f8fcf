#include "media/image.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "base/file.h"
#include "media/av.h"
#include "media/picture.h"

#define SCANS_MAX 100      // of a JPEG; usual is a dozen
#define BYTES_A_SCAN 16384 // by chance, in what is no picture, fewer
// A poster must not take longer than its clip: of zlib the fastest, and with
// differences, which it takes better than the pixels themselves.
#define PNG_LEVEL 1
#define PNG_OF "sub"

static enum AVCodecID kind_of(const uint8_t *b, size_t len)
{
    if (len > 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
        return AV_CODEC_ID_PNG;
    if (len > 3 && memcmp(b, "\xff\xd8\xff", 3) == 0)
        return AV_CODEC_ID_MJPEG;
    if (len > 12 && memcmp(b, "RIFF", 4) == 0 && memcmp(b + 8, "WEBP", 4) == 0)
        return AV_CODEC_ID_WEBP;
    return AV_CODEC_ID_NONE;
}

bool image_repeats(const void *bytes, size_t len)
{
    static const char start[] = {'\xff', '\xda'};
    const char *at = bytes, *end = at + len;
    size_t scans = 0;
    while ((at = memmem(at, (size_t)(end - at), start, sizeof(start)))) {
        scans++;
        at += sizeof(start);
    }
    return scans > SCANS_MAX + len / BYTES_A_SCAN;
}

static int decode(AVCodecContext *codec, AVPacket *packet, AVFrame *frame)
{
    int code = avcodec_open2(codec, codec->codec, NULL);
    if (code >= 0)
        code = avcodec_send_packet(codec, packet);
    if (code >= 0)
        code = avcodec_send_packet(codec, NULL);
    if (code >= 0)
        code = avcodec_receive_frame(codec, frame);
    return code;
}

bool image_decode(const void *bytes, size_t len, struct image *out,
                  struct err *err)
{
    av_tame();
    if (len > IMAGE_BYTES_MAX)
        return err_set(err, ERR_FORMAT, "the image is larger than %u MiB",
                       IMAGE_BYTES_MAX >> 20);
    enum AVCodecID kind = kind_of(bytes, len);
    const AVCodec *decoder =
        kind == AV_CODEC_ID_NONE ? NULL : avcodec_find_decoder(kind);
    if (!decoder)
        return err_set(err, ERR_FORMAT, "not a PNG, JPEG or WebP image");
    if (kind == AV_CODEC_ID_MJPEG && image_repeats(bytes, len))
        return err_set(err, ERR_FORMAT, "the image has too many scans");
    AVCodecContext *codec = avcodec_alloc_context3(decoder);
    codec->max_pixels = (int64_t)IMAGE_SIDE_MAX * IMAGE_SIDE_MAX;
    codec->thread_count = 1;
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    bool ok = false;
    int code = av_new_packet(packet, (int)len); // with the padding libav wants
    if (code >= 0) {
        memcpy(packet->data, bytes, len);
        code = decode(codec, packet, frame);
    }
    if (code < 0)
        av_err(err, ERR_FORMAT, "the image does not decode", code);
    else
        ok = picture_rgb(frame, out, err);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&codec);
    return ok;
}

static int encode_png(const uint8_t *rgb, int width, int height,
                      AVPacket *packet)
{
    const AVCodec *png = avcodec_find_encoder(AV_CODEC_ID_PNG);
    if (!png)
        return AVERROR_ENCODER_NOT_FOUND;
    AVCodecContext *codec = avcodec_alloc_context3(png);
    codec->width = width;
    codec->height = height;
    codec->pix_fmt = AV_PIX_FMT_RGB24;
    codec->time_base = (AVRational){1, 1};
    codec->thread_count = 1;
    codec->compression_level = PNG_LEVEL;
    codec->flags |= AV_CODEC_FLAG_BITEXACT;
    AVFrame *frame = av_frame_alloc();
    frame->format = codec->pix_fmt;
    frame->width = width;
    frame->height = height;
    av_opt_set(codec->priv_data, "pred", PNG_OF, 0);
    int code = avcodec_open2(codec, png, NULL);
    if (code >= 0)
        code = av_frame_get_buffer(frame, 0);
    if (code >= 0) {
        for (int y = 0; y < height; y++)
            memcpy(frame->data[0] + (ptrdiff_t)frame->linesize[0] * y,
                   rgb + (size_t)y * (size_t)width * 3, (size_t)width * 3);
        code = avcodec_send_frame(codec, frame);
    }
    if (code >= 0)
        code = avcodec_receive_packet(codec, packet);
    av_frame_free(&frame);
    avcodec_free_context(&codec);
    return code;
}

bool image_write_png(const char *path, const uint8_t *rgb, int width,
                     int height, struct err *err)
{
    av_tame();
    AVPacket *packet = av_packet_alloc();
    int code = encode_png(rgb, width, height, packet);
    bool ok = code < 0 ? av_err(err, ERR_DEFECT, "encoding a PNG", code)
                       : file_write(path, packet->data, (size_t)packet->size,
                                    0644, err);
    av_packet_free(&packet);
    return ok;
}
