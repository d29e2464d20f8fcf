// A picture as if it were painted, in the colours of a theme: areas are
// flattened, edges stay and are inked, light falls into a few steps.

#pragma once

#include <stdint.h>

#include "gateway/scene_theme.h"
#include "media/yuv.h"

struct paint;

// For pictures of this size; `strength` 0 (as it was) .. 1.
struct paint *paint_new(const struct theme *theme, float strength, int width,
                        int height);
void paint_free(struct paint *paint); // NULL is fine

// In place.
void paint_over(struct paint *paint, uint8_t *rgb);

// The same, of even width and height, as the encoder takes it.
void paint_planes(struct paint *paint, const struct yuv_planes *planes);
