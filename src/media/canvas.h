// A picture to write and paste into: RGB, a colour a byte triple. What would
// lie outside of it is left out.

#pragma once

#include <stdint.h>

#include "media/image.h"
#include "media/text.h"

struct canvas_box {
    int x, y, width, height;
};

// `image->rgb` is the caller's to free.
void canvas_open(struct image *image, int width, int height, uint32_t colour);
void canvas_fill(struct image *image, struct canvas_box box, uint32_t colour);
// `rgb` is of the box's size.
void canvas_paste(struct image *image, struct canvas_box box,
                  const uint8_t *rgb);
// One line in a box, from its upper left corner on; too long for the box, it
// ends in an ellipsis. What is read from right to left stands so, letter by
// letter. Returns how wide it came to be.
int canvas_text(struct image *image, struct text_font *font,
                struct canvas_box box, uint32_t colour, const char *utf8);
// Lines of `line` pixels that break at spaces, or where they must; the last
// one that there is room for ends in an ellipsis.
void canvas_paragraph(struct image *image, struct text_font *font,
                      struct canvas_box box, int line, uint32_t colour,
                      const char *utf8);
