// A small copy of a clip for a wall: an H.264 MP4, 24 pictures a second,
// without sound, in the middle of a box.

#pragma once

#include <stdbool.h>

#include "base/err.h"

#define TILE_SIDE_MAX 4096

// `width` and `height` are even. *seconds: how long it is. Replaces `out`;
// after a failure there is none. ERR_DISK when a file cannot be read or
// written, ERR_FORMAT when the clip does not play, or is beyond what
// media/film.h takes.
bool tile_make(const char *path, int width, int height, const char *out,
               double *seconds, struct err *err);
