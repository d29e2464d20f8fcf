// Does a file play, to its end? A clip is demuxed whole: every sample must lie
// inside the file, and the first picture must decode.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define MEDIA_CODEC_MAX 32
#define MEDIA_EXT_MAX 8

struct media_facts {
    double seconds;
    int width, height;
    int64_t frames;              // pictures of the video track
    char codec[MEDIA_CODEC_MAX]; // "h264"
    char ext[MEDIA_EXT_MAX];     // "mp4" "mov" "webm" "mkv" "gif" …, no dot
    bool has_audio;
};

// Reads only `path`, whatever the file refers to. ERR_DISK when it cannot be
// read, ERR_FORMAT when it is not a clip that plays.
bool media_check(const char *path, struct media_facts *facts, struct err *err);
