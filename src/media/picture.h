// A decoded picture's pixels, as they are meant to be seen.

#pragma once

#include <libavutil/frame.h>

#include "media/image.h"
#include "media/yuv.h"

// Colours by what the picture says of itself. False with ERR_FORMAT for one
// beyond the limits, or of colours that nobody knows.
bool picture_rgb(const AVFrame *frame, struct image *out, struct err *err);

// Its size with square pixels; the longer side of a pixel decides.
void picture_size(const AVFrame *frame, int *width, int *height);

enum picture_scaling {
    PICTURE_SOFT,
    PICTURE_SHARP, // Lanczos
    PICTURE_SMALL, // the mean of what becomes a pixel
};

struct SwsContext;

// The same in this size. `cache` is kept from one picture to the next: NULL at
// first, sws_freeContext() at last.
bool picture_scale(const AVFrame *frame, int width, int height,
                   enum picture_scaling how, struct SwsContext **cache,
                   struct image *out, struct err *err);

// Whether it has an encoder's planes itself (media/yuv.h).
bool picture_has_planes(const AVFrame *frame);

// They in this size, even; `cache` as above, but one of its own.
bool picture_planes(const AVFrame *frame, int width, int height,
                    enum picture_scaling how, struct SwsContext **cache,
                    const struct yuv_planes *out, struct err *err);

// Turned clockwise by this many quarters of a circle.
void picture_turn(struct image *image, int quarters);
