// A scene in depth layers: sky, hills, ground, and things on it; all of it made
// from a theme, without an edge in any direction.

#pragma once

#include <stdint.h>

#include "gateway/camera.h"
#include "gateway/scene_theme.h"
#include "media/yuv.h"

struct scene;

// For pictures of this size.
struct scene *scene_new(const struct theme *theme, int width, int height);
void scene_free(struct scene *scene);

// One picture into `rgb` (width * height * 3).
void scene_draw(struct scene *scene, const struct view *view, uint8_t *rgb);

// The same as the encoder takes it.
void scene_draw_planes(struct scene *scene, const struct view *view,
                       const struct yuv_planes *planes);
