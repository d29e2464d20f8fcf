// The pictures of a clip, one after the other, as a film at a steady rate: what
// is shown at each moment, the right way up, with square pixels, in the size
// that is wanted. The clip may be hostile; only a few of its pictures are in
// memory at a time.
//
//     struct film_facts facts;
//     struct film *f = film_open("a.mp4", NULL, &facts, &err);
//     for (int i = 0; f && i < n; i++)
//         if (!film_read(f, i / 24.0, 640, 360, FILM_SOFT, rgb, &err)) …
//     film_close(f);

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "media/yuv.h"

#define FILM_SECONDS_MAX 60.0
#define FILM_SIDE_MAX 4096
#define FILM_PICTURES_MAX 15000 // a minute at 250 a second

// Whether to go on: asked at every picture that is read, in the same thread.
struct film_watch {
    bool (*go_on)(void *arg);
    void *arg;
};

struct film_facts {
    int width, height; // as it is shown
    double seconds;    // above 0
};

enum film_scaling {
    FILM_SOFT,
    FILM_SHARP, // Lanczos: to enlarge it
    FILM_SMALL, // far smaller
    FILM_SCALINGS
};

struct film;

// ERR_DISK when it cannot be read, ERR_FORMAT when it is no clip, has no
// picture that decodes, or is beyond the limits; ERR_GATEWAY when the watch
// (NULL: none) ended it. Of a clip that is cut off, what is there is taken.
struct film *film_open(const char *path, const struct film_watch *watch,
                       struct film_facts *facts, struct err *err);
void film_close(struct film *film); // NULL is fine

// The picture that is shown `seconds` after the first one, into `rgb` (width *
// height * 3). Times never go back. What does not decode, and what is after the
// end, shows the picture before. False too when the watch ended it.
bool film_read(struct film *film, double seconds, int width, int height,
               enum film_scaling how, uint8_t *rgb, struct err *err);

// The same as the encoder takes it; `width` and `height` are even. Faster where
// the film has such planes itself.
bool film_read_planes(struct film *film, double seconds, int width, int height,
                      enum film_scaling how, const struct yuv_planes *planes,
                      struct err *err);
