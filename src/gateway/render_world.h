// What a clip shows, whatever it is made of, picture by picture: a scene, a
// still, a film.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/render.h"
#include "media/film.h"
#include "media/yuv.h"

struct world;

// `spec` is borrowed until world_free(). Fills `facts` before anything is
// drawn. NULL with `err`: ERR_FORMAT for what cannot be rendered or read.
// `watch` (may be NULL): see media/film.h.
struct world *world_open(const struct render_spec *spec,
                         const struct film_watch *watch,
                         struct render_facts *facts, struct err *err);
void world_free(struct world *world); // NULL is fine

// Frame 0 .. facts.frames - 1, in order, into `rgb` (width * height * 3).
bool world_draw(struct world *world, int frame, uint8_t *rgb, struct err *err);

// The same as the encoder takes it, faster.
bool world_draw_planes(struct world *world, int frame,
                       const struct yuv_planes *planes, struct err *err);
