// A camera over a given image. At rest the image fills the frame; a move that
// would show what is beyond its edge closes in just as far as it must.

#pragma once

#include <stdint.h>

#include "gateway/camera.h"
#include "media/image.h"

struct still;

// Takes `image->rgb`. `end`: the view at the clip's end.
struct still *still_new(struct image *image, const struct view *end);
void still_free(struct still *still);

void still_draw(const struct still *still, const struct view *view,
                uint8_t *rgb);
