// Pictures on their way to the encoder, which has a thread of its own: while
// one is encoded the next one is drawn.
//
//     struct belt *belt = belt_open("a.mp4", 1280, 720, 24, &err);
//     while (more && (planes = belt_take(belt, &err))) {
//         … draw into planes …
//         belt_put(belt);
//     }
//     bool ok = belt_finish(belt, &err); // or belt_drop(belt)

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "media/yuv.h"

struct belt;

// As encoder_open(). NULL with `err` on failure.
struct belt *belt_open(const char *path, int width, int height, int fps,
                       struct err *err);

// Memory for the next picture, one plane behind the other. Waits until there is
// room; NULL with `err` when an earlier picture could not be encoded.
const struct yuv_planes *belt_take(struct belt *belt, struct err *err);

// Hand on the picture that was taken last. It may still be read, until the next
// belt_take().
void belt_put(struct belt *belt);

// Encode what is left and write the end of the file; frees `belt`. After a
// failure no file is left.
bool belt_finish(struct belt *belt, struct err *err);

// Give up: frees `belt` (NULL is fine) and removes the file.
void belt_drop(struct belt *belt);
