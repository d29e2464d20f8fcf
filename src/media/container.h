// Is a file as long as its outermost structure says? Demuxers end in silence
// where a cut-off file ends.

#pragma once

#include <stdbool.h>

#include "base/err.h"

enum container {
    CONTAINER_BOXES, // MP4, MOV: boxes, one behind the other
    CONTAINER_EBML,  // WebM, Matroska: a head and a segment
    CONTAINER_GIF,   // ends with a trailer
    CONTAINER_OTHER, // says nothing about its length
};

// False with ERR_FORMAT where the file ends too early.
bool container_whole(const char *path, enum container kind, struct err *err);
