// A decoded picture's pixels, as they are meant to be seen.

#pragma once

#include <libavutil/frame.h>

#include "media/image.h"

// Colours by what the picture says of itself. False with ERR_FORMAT for one
// beyond the limits, or of colours that nobody knows.
bool picture_rgb(const AVFrame *frame, struct image *out, struct err *err);

// Turned clockwise by this many quarters of a circle.
void picture_turn(struct image *image, int quarters);
