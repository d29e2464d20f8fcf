// One line of text, of any script, as coverage (0..255) in a mask. The font is
// Debian's unifont; without it there is no text, and no error.

#pragma once

#include <stdint.h>

struct text_font;

// `px`: height of a line. NULL when no font is found. A font belongs to one
// thread at a time; several may be open.
struct text_font *text_font_open(int px);
void text_font_close(struct text_font *font); // NULL is fine

struct text_mask {
    int width, height;
    uint8_t *at; // width * height
};

int text_width(struct text_font *font, const char *utf8); // in pixels

// Draw into `mask` with the line's top left corner at (x, y). What would be
// wider than `room` pixels ends in an ellipsis. Does nothing without a font.
void text_draw(struct text_font *font, struct text_mask *mask, int x, int y,
               int room, const char *utf8);
