// Still images: PNG, JPEG and WebP in, PNG out.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define IMAGE_BYTES_MAX (32u << 20)
#define IMAGE_SIDE_MAX 8192

struct image {
    int width, height;
    uint8_t *rgb; // width * height * 3, top row first; free()
};

// The kind is told by the first bytes. False with ERR_FORMAT for another kind,
// a broken image, or one beyond the limits.
bool image_decode(const void *bytes, size_t len, struct image *out,
                  struct err *err);

// Whether the JPEG goes over its picture far more often than any is made to:
// each time costs a few bytes in the file, and milliseconds to decode.
bool image_repeats(const void *bytes, size_t len);

// Durable, by rename over `path`.
bool image_write_png(const char *path, const uint8_t *rgb, int width,
                     int height, struct err *err);
