#include "media/clip.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavutil/dict.h>
#include <libavutil/display.h>

#include "base/mem.h"
#include "media/av.h"

// Playlists are left out: they name other files.
#define FORMATS "mov,mp4,matroska,webm,gif,avi,mpegts,flv,ogg"
#define CODECS                                                                 \
    "h264,hevc,av1,libdav1d,libaom-av1,vp8,vp9,libvpx,libvpx-vp9,gif,mjpeg,"   \
    "mpeg4,mpeg2video,prores,theora,aac,mp3,mp3float,opus,libopus,vorbis,"     \
    "flac,ac3,pcm_s16le,pcm_s16be,pcm_s24le,pcm_f32le"

#define PROBE_BYTES "5000000"
#define PIXELS_MAX (8192 * 4320) // of one picture: 8K, either way up

static bool is_file(struct clip *c, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(err, ERR_DISK, "%s", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_DISK, "%s: not a regular file", path);
    if (st.st_size == 0)
        return err_set(err, ERR_FORMAT, "the file is empty");
    c->bytes = st.st_size;
    return true;
}

// Reading the start decodes a little, too, and is held to the same limit.
static bool find_streams(struct clip *c, struct err *err)
{
    AVFormatContext *format = c->format;
    AVDictionary *options[CLIP_STREAMS_MAX] = {NULL};
    unsigned n = format->nb_streams;
    for (unsigned i = 0; i < n; i++)
        av_dict_set_int(&options[i], "max_pixels", PIXELS_MAX, 0);
    int code = avformat_find_stream_info(format, options);
    for (unsigned i = 0; i < n; i++)
        av_dict_free(&options[i]);
    return code < 0 ? av_err(err, ERR_FORMAT, "not a clip", code) : true;
}

// What most clips are is told by their first box. NULL: all containers are to
// be asked, one after the other.
static const AVInputFormat *format_of(const char *path)
{
    char start[8] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool boxes = fd >= 0 && read(fd, start, sizeof(start)) == sizeof(start) &&
                 memcmp(start + 4, "ftyp", 4) == 0;
    if (fd >= 0)
        close(fd);
    return boxes ? av_find_input_format("mov") : NULL;
}

static bool open_format(struct clip *c, const char *path, enum clip_edits edits,
                        struct err *err)
{
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", FORMATS, 0);
    av_dict_set(&options, "codec_whitelist", CODECS, 0);
    av_dict_set(&options, "probesize", PROBE_BYTES, 0);
    av_dict_set_int(&options, "max_streams", CLIP_STREAMS_MAX, 0);
    if (edits == CLIP_AS_STORED)
        av_dict_set(&options, "ignore_editlist", "1", 0);
    // The prefix keeps a name like "http:x" from being an address.
    char *url = xasprintf("file:%s", path);
    int code = avformat_open_input(&c->format, url, format_of(path), &options);
    av_dict_free(&options);
    free(url);
    if (code >= 0 && c->format->nb_streams > CLIP_STREAMS_MAX)
        code = AVERROR_INVALIDDATA;
    return code < 0 ? av_err(err, ERR_FORMAT, "not a clip", code) : true;
}

static bool find_video(struct clip *c, const AVCodec **codec, struct err *err)
{
    c->video =
        av_find_best_stream(c->format, AVMEDIA_TYPE_VIDEO, -1, -1, codec, 0);
    return (c->video >= 0 && c->video < CLIP_STREAMS_MAX) ||
           err_set(err, ERR_FORMAT, "the file has no video");
}

static bool open_decoder(struct clip *c, struct err *err)
{
    const AVCodec *codec = NULL;
    if (!find_video(c, &codec, err))
        return false;
    c->decoder = avcodec_alloc_context3(codec);
    const AVStream *stream = c->format->streams[c->video];
    int code = avcodec_parameters_to_context(c->decoder, stream->codecpar);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "no usable video", code);
    c->decoder->pkt_timebase = stream->time_base;
    c->decoder->max_pixels = PIXELS_MAX;
    c->decoder->thread_count = 1;
    code = avcodec_open2(c->decoder, codec, NULL);
    if (code < 0)
        return av_err(err, ERR_FORMAT, "no decoder for the video", code);
    return true;
}

bool clip_open(struct clip *c, const char *path, enum clip_edits edits,
               struct err *err)
{
    av_tame();
    *c = (struct clip){.format = NULL};
    bool ok = is_file(c, path, err) && open_format(c, path, edits, err) &&
              find_streams(c, err) && open_decoder(c, err);
    if (!ok)
        clip_close(c);
    return ok;
}

bool clip_open_packets(struct clip *c, const char *path, enum clip_edits edits,
                       struct err *err)
{
    av_tame();
    *c = (struct clip){.format = NULL};
    bool ok = is_file(c, path, err) && open_format(c, path, edits, err) &&
              find_video(c, NULL, err);
    if (!ok)
        clip_close(c);
    return ok;
}

void clip_close(struct clip *c)
{
    avcodec_free_context(&c->decoder);
    avformat_close_input(&c->format);
}

int clip_quarters(const struct clip *c)
{
    const AVStream *s = c->format->streams[c->video];
    size_t size = 0;
    const uint8_t *matrix =
        av_stream_get_side_data(s, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (!matrix || size < 9 * sizeof(int32_t))
        return 0;
    double degrees = -av_display_rotation_get((const int32_t *)matrix);
    if (!isfinite(degrees))
        return 0;
    return (int)((lround(degrees / 90) % 4 + 4) % 4);
}
