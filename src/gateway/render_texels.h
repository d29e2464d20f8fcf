// A picture as the encoder wants it, light and tint apart, to be looked at
// between its pixels. A row of places at a time.

#pragma once

#include <stdint.h>

#include "media/image.h"
#include "media/yuv.h"

#define TEXELS_DUSK 1.8f // how fast a picture darkens beyond its edge

struct crew;
struct texels;

// For pictures of this size, at least 2 each way; an odd last row or column is
// left out.
struct texels *texels_new(int width, int height);
void texels_free(struct texels *texels); // NULL is fine

// `image` has the size that was said.
void texels_fill(struct texels *texels, const struct image *image,
                 struct crew *crew);

// The same, of what its planes have been made.
void texels_fill_planes(struct texels *texels, struct crew *crew);

// Its pixels, and its size.
const struct yuv_planes *texels_planes(const struct texels *texels);
int texels_width(const struct texels *texels);
int texels_height(const struct texels *texels);

// The places of a row of pixels, the centre of the first texel at (0, 0).
struct gaze {
    float *x, *y;
    int32_t *soft; // of 256: how far a pixel is a mean of its neighbours; NULL:
                   // all of them are sharp
    int32_t *dusk; // of 256: the light that is left; NULL: all of it
    int n;
};

// What is beyond the edges becomes the picture mirrored; `gaze->dusk`, which
// must be memory, darkens with the distance.
void texels_reflect(const struct texels *texels, const struct gaze *gaze);

// None of the places is beyond an edge.
void texels_light(const struct texels *texels, const struct gaze *gaze,
                  uint8_t *to);
void texels_tint(const struct texels *texels, const struct gaze *gaze,
                 uint8_t *u, uint8_t *v);
