// The film that somebody moves by, small, in the upper right corner of the
// frame.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "media/film.h"
#include "media/yuv.h"

struct inset;

// In `frames` pictures of `width` by `height`.
struct inset *inset_new(const struct film_facts *film, int width, int height,
                        int frames);
void inset_free(struct inset *inset); // NULL is fine

// Whether inset_keep() can keep them all: a long film's take too much memory,
// and are to be read again.
bool inset_keeps(const struct inset *inset);

// What the film shows at `time`, kept for inset_draw() of `frame`.
bool inset_keep(struct inset *inset, struct film *film, int frame, double time,
                struct err *err);

// `part` of 256 of it. `film` is not used where the inset keeps its pictures.
bool inset_draw(struct inset *inset, struct film *film, int frame, double time,
                int part, const struct yuv_planes *planes, struct err *err);
