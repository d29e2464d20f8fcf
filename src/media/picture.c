#include "media/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#include "base/mem.h"
#include "media/av.h"

#define HD_HEIGHT 577 // from here on, what says nothing is BT.709
#define ASPECT_MAX 4  // of a pixel; beyond it is a mistake in the file

static bool is_full_range(const AVFrame *f)
{
    switch (f->format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
        return true;
    default:
        return f->color_range == AVCOL_RANGE_JPEG;
    }
}

static int space_of(const AVFrame *f)
{
    int space = f->colorspace;
    if (space == AVCOL_SPC_UNSPECIFIED || space == AVCOL_SPC_RGB)
        space = f->height >= HD_HEIGHT ? SWS_CS_ITU709 : SWS_CS_ITU601;
    return space;
}

static void set_colours(struct SwsContext *scale, const AVFrame *f)
{
    const int *from = sws_getCoefficients(space_of(f));
    sws_setColorspaceDetails(scale, from, is_full_range(f), from, 1, 0, 1 << 16,
                             1 << 16);
}

void picture_size(const AVFrame *f, int *width, int *height)
{
    double aspect =
        f->sample_aspect_ratio.num > 0 ? av_q2d(f->sample_aspect_ratio) : 1;
    bool sane = aspect > 1.0 / ASPECT_MAX && aspect < ASPECT_MAX;
    *width = f->width;
    *height = f->height;
    if (sane && aspect > 1)
        *width = (int)lround(f->width * aspect);
    else if (sane && aspect < 1)
        *height = (int)lround(f->height / aspect);
}

bool picture_rgb(const AVFrame *f, struct image *out, struct err *err)
{
    int width, height;
    picture_size(f, &width, &height);
    struct SwsContext *scale = NULL;
    bool ok = picture_scale(f, width, height, PICTURE_SOFT, &scale, out, err);
    sws_freeContext(scale);
    return ok;
}

static const int kinds[] = {[PICTURE_SOFT] = SWS_BICUBIC,
                            [PICTURE_SHARP] = SWS_LANCZOS,
                            [PICTURE_SMALL] = SWS_AREA};

// Into memory of its own, planes[0], to be freed by av_freep(). `scale` NULL:
// there was none for it.
static bool scale_with(struct SwsContext *scale, const AVFrame *f, int width,
                       int height, enum AVPixelFormat format,
                       uint8_t *planes[4], int strides[4], struct err *err)
{
    // libswscale writes rows of whole vectors: give it room, then pack.
    int code = scale
                   ? av_image_alloc(planes, strides, width, height, format, 64)
                   : AVERROR(ENOMEM);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "the image's memory", code);
    sws_scale(scale, (const uint8_t *const *)f->data, f->linesize, 0, f->height,
              planes, strides);
    return true;
}

bool picture_scale(const AVFrame *f, int width, int height,
                   enum picture_scaling how, struct SwsContext **cache,
                   struct image *out, struct err *err)
{
    if (width <= 0 || height <= 0 || width > IMAGE_SIDE_MAX ||
        height > IMAGE_SIDE_MAX)
        return err_set(err, ERR_FORMAT,
                       "the image has %dx%d pixels; at most %dx%d are taken",
                       width, height, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX);
    *cache = sws_getCachedContext(
        *cache, f->width, f->height, f->format, width, height, AV_PIX_FMT_RGB24,
        kinds[how] | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT, NULL,
        NULL, NULL);
    if (!*cache)
        return err_set(err, ERR_FORMAT,
                       "the image's colours are of no known kind");
    set_colours(*cache, f);
    uint8_t *planes[4];
    int strides[4];
    if (!scale_with(*cache, f, width, height, AV_PIX_FMT_RGB24, planes, strides,
                    err))
        return false;
    size_t row = (size_t)width * 3;
    *out = (struct image){width, height, xmalloc(row * (size_t)height)};
    for (int y = 0; y < height; y++)
        memcpy(out->rgb + row * (size_t)y,
               planes[0] + (ptrdiff_t)strides[0] * y, row);
    av_freep(&planes[0]);
    return true;
}

bool picture_has_planes(const AVFrame *f)
{
    return f->format == AV_PIX_FMT_YUV420P && !is_full_range(f) &&
           space_of(f) == SWS_CS_ITU709 && f->width <= IMAGE_SIDE_MAX &&
           f->height <= IMAGE_SIDE_MAX; // else picture_scale() says why
}

bool picture_planes(const AVFrame *f, int width, int height,
                    enum picture_scaling how, struct SwsContext **cache,
                    const struct yuv_planes *out, struct err *err)
{
    if (f->width == width && f->height == height) {
        struct yuv_planes from = {
            {f->data[0], f->data[1], f->data[2]},
            {f->linesize[0], f->linesize[1], f->linesize[2]}};
        yuv_copy(out, &from, width, height);
        return true;
    }
    *cache = sws_getCachedContext(*cache, f->width, f->height, f->format, width,
                                  height, AV_PIX_FMT_YUV420P,
                                  kinds[how] | SWS_ACCURATE_RND | SWS_BITEXACT,
                                  NULL, NULL, NULL);
    uint8_t *planes[4];
    int strides[4];
    if (!scale_with(*cache, f, width, height, AV_PIX_FMT_YUV420P, planes,
                    strides, err))
        return false;
    struct yuv_planes made = {{planes[0], planes[1], planes[2]},
                              {strides[0], strides[1], strides[2]}};
    yuv_copy(out, &made, width, height);
    av_freep(&planes[0]);
    return true;
}

static void turn_once(struct image *image)
{
    int w = image->height, h = image->width;
    uint8_t *rgb = xmalloc((size_t)w * (size_t)h * 3), *to = rgb;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++, to += 3)
            memcpy(to,
                   image->rgb +
                       3 * ((size_t)(w - 1 - x) * (size_t)h + (size_t)y),
                   3);
    free(image->rgb);
    *image = (struct image){w, h, rgb};
}

void picture_turn(struct image *image, int quarters)
{
    for (int i = 0; i < quarters; i++)
        turn_once(image);
}
