// The tiles of a montage, playing at once.

#pragma once

#include "media/sheet.h"

#define WALL_RATE 24 // pictures a second

// An H.264 MP4 as long as the longest of the cells' films, which are MP4s of
// tile_make()'s; the others hold their last picture. Only one picture of each
// is in memory. Replaces `out`; after a failure there is none.
bool wall_film(const struct sheet *sheet, const char *out,
               sheet_progress_fn *fn, void *arg, struct err *err);
