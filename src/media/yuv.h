// RGB to the encoder's planes: Y, and U and V of half the size each way, BT.709
// with the range of video (16..235). In whole numbers: the same bytes
// everywhere.

#pragma once

#include <stdint.h>

struct yuv_planes {
    uint8_t *at[3];
    int stride[3]; // bytes from one row to the next
};

// `rgb`: width * height * 3 bytes, both even.
void yuv_from_rgb(const uint8_t *rgb, int width, int height,
                  const struct yuv_planes *to);
