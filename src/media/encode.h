// RGB pictures in, an H.264 MP4 out. The same pictures give the same bytes on
// the same machine: fixed number of threads, bit-exact scaling, no dates.
//
//     struct encoder *e = encoder_open("a.mp4", 1280, 720, 24, &err);
//     while (e && more && encoder_put(e, rgb, &err)) …
//     bool ok = encoder_finish(e, &err); // or encoder_drop(e)

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "media/yuv.h"

struct encoder;

// `width` and `height` are even. Replaces `path`. NULL with `err` on failure.
struct encoder *encoder_open(const char *path, int width, int height, int fps,
                             struct err *err);

// The same, looking less far ahead: of 4K it takes 0.3 GB, not 0.8.
struct encoder *encoder_open_lean(const char *path, int width, int height,
                                  int fps, struct err *err);

// One picture: width * height * 3 bytes, top row first.
bool encoder_put(struct encoder *e, const uint8_t *rgb, struct err *err);

// The same, as the encoder takes it.
bool encoder_put_planes(struct encoder *e, const struct yuv_planes *planes,
                        struct err *err);

// Write the end of the file; frees `e` either way. After a failure no file is
// left.
bool encoder_finish(struct encoder *e, struct err *err);

// Give up: frees `e` (NULL is fine) and removes the file.
void encoder_drop(struct encoder *e);
