// Opening a clip that may be hostile: only containers and codecs that we know,
// and no other file than the named one, whatever it refers to.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/err.h"

#define CLIP_STREAMS_MAX 32
#define CLIP_PACKETS_MAX 1000000 // an hour of film at 60 pictures, twice over

enum clip_edits {
    CLIP_AS_STORED, // whatever an edit list shows of it
    CLIP_AS_SHOWN,
};

// All zero is closed.
struct clip {
    AVFormatContext *format;
    AVCodecContext *decoder; // of the video
    int video;               // index of its stream
    int64_t bytes;           // size of the file
};

// ERR_DISK when it cannot be read, ERR_FORMAT when it is no clip; closed then.
bool clip_open(struct clip *clip, const char *path, enum clip_edits edits,
               struct err *err);
// The same for one whose packets are copied or compared, not decoded: what its
// index says is enough, and no decoder is opened.
bool clip_open_packets(struct clip *clip, const char *path,
                       enum clip_edits edits, struct err *err);
void clip_close(struct clip *clip); // fine when closed

// How often its pictures are to be turned by a quarter, clockwise: 0..3.
int clip_quarters(const struct clip *clip);
