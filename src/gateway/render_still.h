// A camera over a given picture. Each part of it moves as its guessed depth
// says (render_depth.h): near parts grow and go by faster than the far ones. At
// rest the picture fills the frame, pixel by pixel where it has the frame's
// size. A move that would show what is beyond its edge closes in a little; what
// is still seen there is the picture mirrored, and darker with the distance.

#pragma once

#include <stdint.h>

#include "gateway/camera.h"
#include "media/image.h"
#include "media/yuv.h"

struct still;

// Takes `image->rgb`. `frame`: any view of the clip.
struct still *still_new(struct image *image, const struct view *frame);
void still_free(struct still *still);

// Its pixels, for another picture in their place; a picture that was far larger
// than the frame has become smaller. The depth stays, or it would flicker.
struct image *still_image(struct still *still);

// The same as the encoder takes it; the size is even. still_draw() sees none of
// it.
const struct yuv_planes *still_planes(struct still *still);

// A part of the picture that moves on its own: an ellipse with a soft edge.
struct still_part {
    float x, y, rx, ry; // centre and radii, in the picture's width and height
    float dx, dy;       // where it has moved, in the picture's height
    float grow;         // its size, 1 at rest
    float cosine, sine; // how it is turned, clockwise
};

// `part` NULL: nothing moves on its own.
void still_draw(const struct still *still, const struct view *view,
                const struct still_part *part, uint8_t *rgb);

// The same as the encoder takes it, faster.
void still_draw_planes(struct still *still, const struct view *view,
                       const struct still_part *part,
                       const struct yuv_planes *planes);
