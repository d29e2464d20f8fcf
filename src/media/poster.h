// A small JPEG of a clip, which stands for it until it plays.

#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "media/frame.h"

#define POSTER_SIDE_MAX 4096

// Of even sizes, within `room`, and never larger than the clip. Durable, by
// rename over `out`. ERR_DISK when a file cannot be read or written,
// ERR_FORMAT when the clip does not play that far.
bool media_poster(const char *path, const struct frame_pick *pick,
                  struct frame_room room, const char *out, int *width,
                  int *height, struct err *err);
