// A JPEG out of RGB, as JFIF has it: BT.601 with the full range.

#pragma once

#include <stdbool.h>

#include "media/image.h"

#define JPEG_SIDE_MAX 65500

// Durable, by rename over `path`. The same picture gives the same bytes.
bool jpeg_write(const char *path, const struct image *image, struct err *err);
