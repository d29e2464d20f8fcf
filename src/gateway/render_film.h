// What is made of films that were given: one made anew (RENDER_RESTYLE), one
// enlarged (RENDER_UPSCALE), a character that moves as another film does
// (RENDER_PERFORM).

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/camera.h"
#include "gateway/render.h"
#include "media/film.h"
#include "media/yuv.h"

struct reel;

// `spec` is borrowed until reel_free(). Fills `facts`: the size and the length
// of the film where the spec leaves them open. NULL with `err`. `watch` (may be
// NULL): see media/film.h.
struct reel *reel_open(const struct render_spec *spec,
                       const struct film_watch *watch,
                       struct render_facts *facts, struct err *err);
void reel_free(struct reel *reel); // NULL is fine

// Pictures in order, from 0. The film that somebody moves by is seen in
// reel_draw_planes() alone: it is neither on the first nor on the last picture.
bool reel_draw(struct reel *reel, int frame, const struct view *view,
               uint8_t *rgb, struct err *err);
bool reel_draw_planes(struct reel *reel, int frame, const struct view *view,
                      const struct yuv_planes *planes, struct err *err);
