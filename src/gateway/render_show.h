// What a camera sees of a picture, as the encoder takes it.

#pragma once

#include "gateway/render_look.h"
#include "gateway/render_texels.h"
#include "media/yuv.h"

// All of the frame that `aim` has a view of.
void show_planes(const struct aim *aim, const struct texels *texels,
                 struct crew *crew, const struct yuv_planes *planes);
