#include "media/tag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/dict.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "media/av.h"
#include "media/clip.h"

#define KEY "comment"
#define SECONDS_OFF 0.002 // a container may round the last moment

static bool has_boxes(const struct clip *clip)
{
    return strstr(clip->format->iformat->name, "mp4");
}

// --- what has to be the same in the copy

struct content {
    unsigned streams;
    int64_t packets[CLIP_STREAMS_MAX];
    double seconds[CLIP_STREAMS_MAX];
    char sha256[CLIP_STREAMS_MAX][HASH_HEX];
    int quarters;
};

struct survey {
    struct clip clip;
    AVPacket *packet;
    struct hash *hash[CLIP_STREAMS_MAX];
    double begin[CLIP_STREAMS_MAX], end[CLIP_STREAMS_MAX];
};

static void survey_packet(struct survey *s, struct content *content)
{
    const AVPacket *p = s->packet;
    int i = p->stream_index;
    double unit = av_q2d(s->clip.format->streams[i]->time_base);
    char size[32];
    snprintf(size, sizeof(size), "%d:", p->size); // where it ends
    hash_add(s->hash[i], size, strlen(size));
    hash_add(s->hash[i], p->data, (size_t)p->size);
    if (p->pts != AV_NOPTS_VALUE) {
        double at = (double)p->pts * unit;
        double end = at + (double)p->duration * unit;
        if (content->packets[i] == 0 || at < s->begin[i])
            s->begin[i] = at;
        if (content->packets[i] == 0 || end > s->end[i])
            s->end[i] = end;
    }
    content->packets[i]++;
}

static bool survey_all(struct survey *s, struct content *content,
                       struct err *err)
{
    int code = 0;
    for (int64_t n = 0; n < CLIP_PACKETS_MAX; n++) {
        code = av_read_frame(s->clip.format, s->packet);
        if (code < 0)
            break;
        if (s->packet->stream_index >= (int)content->streams)
            return err_set(err, ERR_FORMAT, "a track began on its way");
        survey_packet(s, content);
        av_packet_unref(s->packet);
    }
    return code == AVERROR_EOF ||
           err_set(err, ERR_FORMAT, "it cannot be read to its end");
}

static bool look_through(const char *path, struct content *content,
                         struct err *err)
{
    struct survey s = {.packet = NULL};
    *content = (struct content){0};
    if (!clip_open_packets(&s.clip, path, CLIP_AS_STORED, err))
        return false;
    s.packet = av_packet_alloc();
    content->streams = s.clip.format->nb_streams;
    content->quarters = clip_quarters(&s.clip);
    for (unsigned i = 0; i < content->streams; i++)
        s.hash[i] = hash_new();
    bool ok = survey_all(&s, content, err);
    for (unsigned i = 0; i < content->streams; i++) {
        content->seconds[i] = s.end[i] - s.begin[i];
        hash_end(s.hash[i], content->sha256[i]);
    }
    av_packet_free(&s.packet);
    clip_close(&s.clip);
    return ok;
}

static bool is_same(const struct content *a, const struct content *b)
{
    bool same = a->streams == b->streams && a->quarters == b->quarters;
    for (unsigned i = 0; same && i < a->streams; i++)
        same = a->packets[i] == b->packets[i] &&
               strcmp(a->sha256[i], b->sha256[i]) == 0 &&
               fabs(a->seconds[i] - b->seconds[i]) <= SECONDS_OFF;
    return same;
}

static bool verify(const char *path, const char *out, struct err *err)
{
    struct content *was = xcalloc(2, sizeof(*was)), *is = was + 1;
    bool ok = look_through(path, was, err) && look_through(out, is, err);
    if (ok && !is_same(was, is))
        ok = err_set(err, ERR_FORMAT, "a copy of it would not be the same");
    free(was);
    return ok;
}

// --- the copy

struct copy {
    struct clip in;
    AVFormatContext *out;
    AVPacket *packet;
    int64_t bytes; // of packets, so far
};

static bool add_side_data(const AVStream *from, AVStream *to)
{
    for (int i = 0; i < from->nb_side_data; i++) {
        const AVPacketSideData *have = &from->side_data[i];
        uint8_t *data = av_stream_new_side_data(to, have->type, have->size);
        if (!data)
            return false;
        memcpy(data, have->data, have->size);
    }
    return true;
}

static bool add_stream(struct copy *c, const AVStream *from, struct err *err)
{
    AVStream *to = avformat_new_stream(c->out, NULL);
    if (!to || avcodec_parameters_copy(to->codecpar, from->codecpar) < 0 ||
        !add_side_data(from, to))
        return err_set(err, ERR_FORMAT, "a track cannot be copied");
    if (av_codec_get_id(c->out->oformat->codec_tag,
                        from->codecpar->codec_tag) != from->codecpar->codec_id)
        to->codecpar->codec_tag = 0;
    to->time_base = from->time_base;
    to->avg_frame_rate = from->avg_frame_rate;
    to->sample_aspect_ratio = from->sample_aspect_ratio;
    to->disposition = from->disposition;
    av_dict_copy(&to->metadata, from->metadata, 0);
    return true;
}

static void set_metadata(struct copy *c, const char *text)
{
    static const char *const of_file[] = {"major_brand", "minor_version",
                                          "compatible_brands", "encoder"};
    av_dict_copy(&c->out->metadata, c->in.format->metadata, 0);
    for (size_t i = 0; i < sizeof(of_file) / sizeof(*of_file); i++)
        av_dict_set(&c->out->metadata, of_file[i], NULL, 0);
    av_dict_set(&c->out->metadata, KEY, text, 0);
}

static bool open_copy(struct copy *c, const char *text, const char *url,
                      struct err *err)
{
    const AVDictionaryEntry *brand =
        av_dict_get(c->in.format->metadata, "major_brand", NULL, 0);
    bool mov = brand && strncmp(brand->value, "qt", 2) == 0;
    int code =
        avformat_alloc_output_context2(&c->out, NULL, mov ? "mov" : "mp4", url);
    if (code < 0)
        return av_err(err, ERR_DEFECT, "no MP4 can be written", code);
    c->out->flags |= AVFMT_FLAG_BITEXACT;
    for (unsigned i = 0; i < c->in.format->nb_streams; i++)
        if (!add_stream(c, c->in.format->streams[i], err))
            return false;
    set_metadata(c, text);
    code = avio_open(&c->out->pb, url, AVIO_FLAG_WRITE);
    if (code < 0)
        return av_err(err, ERR_DISK, "cannot write the copy", code);
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", "+faststart", 0);
    code = avformat_write_header(c->out, &options);
    av_dict_free(&options);
    return code < 0 ? av_err(err, ERR_FORMAT, "it cannot be copied", code)
                    : true;
}

// What does not fit into the container is the clip's fault; all else the
// disk's.
static bool write_err(const struct copy *c, struct err *err, int code)
{
    bool disk = c->out->pb && c->out->pb->error < 0;
    return av_err(err, disk ? ERR_DISK : ERR_FORMAT,
                  disk ? "cannot write the copy" : "it cannot be copied", code);
}

// Tracks that name the same bytes over and over would fill the disk.
static bool fits(struct copy *c, struct err *err)
{
    c->bytes += c->packet->size;
    return c->bytes <= c->in.bytes ||
           err_set(err, ERR_FORMAT, "its tracks hold more than the file");
}

static bool copy_packets(struct copy *c, struct err *err)
{
    int code = 0;
    c->packet = av_packet_alloc();
    for (int64_t n = 0; n < CLIP_PACKETS_MAX; n++) {
        code = av_read_frame(c->in.format, c->packet);
        if (code < 0)
            break;
        int i = c->packet->stream_index;
        if (i >= (int)c->out->nb_streams)
            return err_set(err, ERR_FORMAT, "a track began on its way");
        if (!fits(c, err))
            return false;
        av_packet_rescale_ts(c->packet, c->in.format->streams[i]->time_base,
                             c->out->streams[i]->time_base);
        c->packet->pos = -1;
        code = av_interleaved_write_frame(c->out, c->packet);
        if (code < 0)
            return write_err(c, err, code);
    }
    if (code != AVERROR_EOF)
        return err_set(err, ERR_FORMAT, "it cannot be read to its end");
    code = av_write_trailer(c->out);
    return code < 0 ? write_err(c, err, code) : true;
}

static bool close_copy(struct copy *c, bool ok, struct err *err)
{
    int code = c->out && c->out->pb ? avio_closep(&c->out->pb) : 0;
    if (ok && code < 0)
        ok = av_err(err, ERR_DISK, "cannot write the copy", code);
    av_packet_free(&c->packet);
    avformat_free_context(c->out);
    clip_close(&c->in);
    return ok;
}

static bool copy_with(const char *path, const char *text, const char *out,
                      struct err *err)
{
    struct copy c = {.packet = NULL};
    if (!clip_open(&c.in, path, CLIP_AS_SHOWN, err))
        return false;
    char *url = xasprintf("file:%s", out);
    bool ok = has_boxes(&c.in) ||
              err_set(err, ERR_FORMAT, "it is neither MP4 nor MOV");
    ok = ok && open_copy(&c, text, url, err) && copy_packets(&c, err);
    ok = close_copy(&c, ok, err) && verify(path, out, err);
    free(url);
    if (!ok)
        unlink(out);
    return ok;
}

bool media_tag(const char *path, const char *text, const char *out,
               struct err *err)
{
    size_t len = strlen(text);
    if (len > MEDIA_TAG_MAX || !text_is_utf8(text, len))
        return err_set(err, ERR_FORMAT, "the text is too long, or no UTF-8");
    return copy_with(path, text, out, err);
}

bool media_bare(const char *path, const char *out, struct err *err)
{
    return copy_with(path, NULL, out, err);
}

// As tarmac writes it, in one line. Others would not fit into an answer,
// either.
static bool is_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20)
            return false;
    return text_is_utf8(text, len);
}

bool media_told(const char *path, struct buf *text, struct err *err)
{
    struct clip clip;
    if (!clip_open_packets(&clip, path, CLIP_AS_STORED, err))
        return false;
    const AVDictionaryEntry *entry =
        av_dict_get(clip.format->metadata, KEY, NULL, AV_DICT_MATCH_CASE);
    size_t len = entry ? strlen(entry->value) : 0;
    bool ok = true;
    if (len == 0)
        ok = err_set(err, ERR_FORMAT, "it holds no text");
    else if (len > MEDIA_TAG_MAX || !is_line(entry->value, len))
        ok = err_set(err, ERR_FORMAT, "its text is too long, or no UTF-8 line");
    else
        buf_add(text, entry->value, len);
    clip_close(&clip);
    return ok;
}
