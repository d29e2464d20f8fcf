// A text inside an MP4 or MOV: the metadata's comment. Pictures and sounds are
// copied as they are.

#pragma once

#include "base/buf.h"
#include "base/err.h"

// So much fits into both containers.
#define MEDIA_TAG_MAX 64000

// A copy of `path` that holds `text`, over `out`. The same clip and text give
// the same bytes. ERR_FORMAT where the clip cannot hold one, or would not be
// the same behind it: then there is no `out`.
bool media_tag(const char *path, const char *text, const char *out,
               struct err *err);

// The same without a text: of a clip that this library wrote, and media_tag()
// tagged, the bytes from before.
bool media_bare(const char *path, const char *out, struct err *err);

// The text that `path` holds, appended to `text`: a line of UTF-8, from whoever
// wrote it.
// ERR_FORMAT where there is none.
bool media_told(const char *path, struct buf *text, struct err *err);
