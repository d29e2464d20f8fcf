// A camera over a given image. At rest the image fills the frame, pixel by
// pixel where it has the frame's size; a move that would show what is beyond
// its edge closes in just as far as it must. A move back shows what is beyond:
// the image mirrored, and darker with the distance.

#pragma once

#include <stdint.h>

#include "gateway/camera.h"
#include "media/image.h"

struct still;

// Takes `image->rgb`. `frame`: any view of the clip.
struct still *still_new(struct image *image, const struct view *frame);
void still_free(struct still *still);

void still_draw(const struct still *still, const struct view *view,
                uint8_t *rgb);
