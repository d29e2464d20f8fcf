// How somebody in a film moves, roughly: where its pictures differ from the
// first one, how far that reaches, and how it leans.

#pragma once

#include "base/err.h"
#include "gateway/render_inset.h"
#include "media/film.h"

struct act_move {
    float dx, dy; // in the picture's height, since the first picture
    float grow;   // of its size, 0 at first
    float tilt;   // degrees, clockwise
};

// Of the first `n` pictures of a film that nothing has been read of, `fps` a
// second, into `out`. `inset` keeps them on the way.
bool act_measure(struct film *film, struct inset *inset, int n, double fps,
                 struct act_move *out, struct err *err);
