#include "media/jpeg.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "base/file.h"
#include "media/av.h"

#define OWN_TABLE_MAX (8 << 20) // pixels
#define STEP 4 // of quantisation: about what others call quality 85

static bool fill(const struct image *image, AVFrame *frame, struct err *err)
{
    struct SwsContext *scale = sws_getContext(
        image->width, image->height, AV_PIX_FMT_RGB24, image->width,
        image->height, frame->format,
        SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
    if (!scale)
        return err_set(err, ERR_DEFECT, "no way from RGB to a JPEG's colours");
    const int *space = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(scale, space, 1, space, 1, 0, 1 << 16, 1 << 16);
    const uint8_t *rows[4] = {image->rgb};
    const int strides[4] = {3 * image->width};
    sws_scale(scale, rows, strides, 0, image->height, frame->data,
              frame->linesize);
    sws_freeContext(scale);
    return true;
}

static AVCodecContext *open_codec(const struct image *image, struct err *err)
{
    const AVCodec *mjpeg = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    if (!mjpeg) {
        err_set(err, ERR_DEFECT, "libavcodec was built without JPEG");
        return NULL;
    }
    AVCodecContext *codec = avcodec_alloc_context3(mjpeg);
    codec->width = image->width;
    codec->height = image->height;
    codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
    codec->color_range = AVCOL_RANGE_JPEG;
    codec->time_base = (AVRational){1, 1};
    codec->thread_count = 1;
    codec->flags |= AV_CODEC_FLAG_BITEXACT | AV_CODEC_FLAG_QSCALE;
    codec->global_quality = STEP * FF_QP2LAMBDA;
    // A table of its own takes two kilobytes for 64 pixels to find.
    if ((int64_t)image->width * image->height > OWN_TABLE_MAX)
        av_opt_set(codec->priv_data, "huffman", "default", 0);
    int code = avcodec_open2(codec, mjpeg, NULL);
    if (code < 0) {
        av_err(err, ERR_DEFECT, "opening JPEG", code);
        avcodec_free_context(&codec);
    }
    return codec;
}

static bool encode(AVCodecContext *codec, const struct image *image,
                   AVFrame *frame, AVPacket *packet, struct err *err)
{
    frame->format = codec->pix_fmt;
    frame->color_range = codec->color_range;
    frame->width = image->width;
    frame->height = image->height;
    frame->quality = codec->global_quality;
    int code = av_frame_get_buffer(frame, 0);
    if (code >= 0 && !fill(image, frame, err))
        return false;
    if (code >= 0)
        code = avcodec_send_frame(codec, frame);
    if (code >= 0)
        code = avcodec_receive_packet(codec, packet);
    return code < 0 ? av_err(err, ERR_DEFECT, "encoding a JPEG", code) : true;
}

bool jpeg_write(const char *path, const struct image *image, struct err *err)
{
    av_tame();
    if (image->width > JPEG_SIDE_MAX || image->height > JPEG_SIDE_MAX)
        return err_set(err, ERR_DEFECT, "%dx%d pixels are too many for a JPEG",
                       image->width, image->height);
    AVCodecContext *codec = open_codec(image, err);
    if (!codec)
        return false;
    AVFrame *frame = av_frame_alloc();
    AVPacket *packet = av_packet_alloc();
    bool ok = encode(codec, image, frame, packet, err) &&
              file_write(path, packet->data, (size_t)packet->size, 0644, err);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&codec);
    return ok;
}
