// RGB to the encoder's planes: Y, and U and V of half the size each way, BT.709
// with the range of video (16..235). In whole numbers: the same bytes
// everywhere.

#pragma once

#include <stddef.h>
#include <stdint.h>

struct yuv_planes {
    uint8_t *at[3];
    int stride[3]; // bytes from one row to the next
};

// The bytes that planes of a size take, one behind the other, and they in
// `bytes`. `width` and `height` are even, here and below.
size_t yuv_size(int width, int height);
struct yuv_planes yuv_in(uint8_t *bytes, int width, int height);

// The same from row `y`, even, on.
struct yuv_planes yuv_below(const struct yuv_planes *planes, int y);

// `rgb`: width * height * 3 bytes.
void yuv_from_rgb(const uint8_t *rgb, int width, int height,
                  const struct yuv_planes *to);

// The same; a row of `rgb` begins `line` bytes after the one before.
void yuv_from_rows(const uint8_t *rgb, size_t line, int width, int height,
                   const struct yuv_planes *to);

// Row `y` by channels.
void yuv_to_channels(const struct yuv_planes *from, int width, int height,
                     int y, uint8_t *const *rgb);

// And back: the first two rows of `to`, from each of these by channels.
void yuv_from_channels(const uint8_t *const *upper, const uint8_t *const *lower,
                       int width, const struct yuv_planes *to);

// `part` of 256 of the way from `to` to `from`.
void yuv_mix(const struct yuv_planes *to, const struct yuv_planes *from,
             int part, int width, int height);

void yuv_copy(const struct yuv_planes *to, const struct yuv_planes *from,
              int width, int height);
