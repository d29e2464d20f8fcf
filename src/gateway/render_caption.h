// The words that are burnt into the pictures: prompt, model, motion, time.

#pragma once

#include <stdint.h>

#include "gateway/render.h"
#include "media/yuv.h"

struct caption;

// Needs no font: without one nothing is drawn.
struct caption *caption_new(const struct render_spec *spec);
void caption_free(struct caption *caption);

// Over a finished picture of the spec's size, `time` seconds into the clip; as
// strong as `part` (0..1) says, and not there at 0.
void caption_draw(struct caption *caption, double time, float part,
                  const struct yuv_planes *planes);
