#include "media/worker.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "data/json.h"
#include "data/value.h"
#include "media/check.h"
#include "media/frame.h"
#include "media/poster.h"
#include "media/tag.h"
#include "media/tile.h"

#define KEPT_EACH (16 << 20) // bytes: a picture of 2160 lines, and some
#define KEPT_MAX (32 << 20)
#define KEPT_PAD (1 << 20)

static bool reply(struct value *answer)
{
    struct buf line;
    buf_init(&line, MEDIA_LINE_MAX);
    json_write(answer, &line);
    buf_byte(&line, '\n');
    bool ok = file_write_all(STDOUT_FILENO, line.data, line.len);
    buf_free(&line);
    value_free(answer);
    return ok;
}

static void add_facts(struct value *answer, const struct media_facts *facts)
{
    value_set(answer, "seconds", value_real(facts->seconds));
    value_set(answer, "width", value_int(facts->width));
    value_set(answer, "height", value_int(facts->height));
    value_set(answer, "frames", value_int(facts->frames));
    value_set(answer, "codec", value_str(facts->codec));
    value_set(answer, "ext", value_str(facts->ext));
    value_set(answer, "audio", value_bool(facts->has_audio));
}

static bool check(const struct value *request, struct value *answer,
                  struct err *err)
{
    struct media_facts facts;
    const char *path = value_get_text(request, "path");
    if (!path)
        return err_set(err, ERR_FORMAT, "no path");
    if (!media_check(path, &facts, err))
        return false;
    add_facts(answer, &facts);
    return true;
}

static bool read_pick(const struct value *at, struct frame_pick *pick)
{
    const char *word = value_text(at);
    *pick = (struct frame_pick){.which = FRAME_AT};
    if (word) {
        bool first = strcmp(word, "first") == 0;
        pick->which = first ? FRAME_FIRST : FRAME_LAST;
        return first || strcmp(word, "last") == 0;
    }
    return value_number(at, &pick->seconds) && pick->seconds >= 0;
}

static bool cut_frame(const struct value *request, struct value *answer,
                      struct err *err)
{
    const char *path = value_get_text(request, "path");
    const char *out = value_get_text(request, "out");
    struct frame_pick pick;
    int width, height;
    if (!path || !out)
        return err_set(err, ERR_FORMAT, path ? "no out" : "no path");
    if (!read_pick(value_get(request, "at"), &pick))
        return err_set(err, ERR_FORMAT, "at: \"first\", \"last\" or seconds");
    if (!media_frame(path, &pick, out, &width, &height, err))
        return false;
    value_set(answer, "width", value_int(width));
    value_set(answer, "height", value_int(height));
    return true;
}

static bool poster(const struct value *request, struct value *answer,
                   struct err *err)
{
    const char *path = value_get_text(request, "path");
    const char *out = value_get_text(request, "out");
    const struct value *at = value_get(request, "at");
    const struct value *high = value_get(request, "height");
    int64_t across = value_integer(value_get(request, "width"), 0);
    int64_t along = high ? value_integer(high, 0) : POSTER_SIDE_MAX;
    struct frame_pick pick = {.which = FRAME_FIRST};
    int width, height;
    if (!path || !out)
        return err_set(err, ERR_FORMAT, path ? "no out" : "no path");
    if (across < 2 || across > POSTER_SIDE_MAX || along < 2 ||
        along > POSTER_SIDE_MAX)
        return err_set(err, ERR_FORMAT, "width and height: 2 to %d",
                       POSTER_SIDE_MAX);
    if (at && !read_pick(at, &pick))
        return err_set(err, ERR_FORMAT, "at: \"first\", \"last\" or seconds");
    struct frame_room room = {(int)across, (int)along};
    if (!media_poster(path, &pick, room, out, &width, &height, err))
        return false;
    value_set(answer, "width", value_int(width));
    value_set(answer, "height", value_int(height));
    return true;
}

static bool is_side(int64_t side)
{
    return side >= 2 && side <= TILE_SIDE_MAX && side % 2 == 0;
}

static bool tile(const struct value *request, struct value *answer,
                 struct err *err)
{
    const char *path = value_get_text(request, "path");
    const char *out = value_get_text(request, "out");
    int64_t width = value_integer(value_get(request, "width"), 0);
    int64_t height = value_integer(value_get(request, "height"), 0);
    double seconds;
    if (!path || !out)
        return err_set(err, ERR_FORMAT, path ? "no out" : "no path");
    if (!is_side(width) || !is_side(height))
        return err_set(err, ERR_FORMAT, "width and height: even, 2 to %d",
                       TILE_SIDE_MAX);
    if (!tile_make(path, (int)width, (int)height, out, &seconds, err))
        return false;
    value_set(answer, "seconds", value_real(seconds));
    value_set(answer, "width", value_int(width));
    value_set(answer, "height", value_int(height));
    return true;
}

static bool tag(const struct value *request, struct err *err)
{
    const char *path = value_get_text(request, "path");
    const char *text = value_get_text(request, "text");
    const char *out = value_get_text(request, "out");
    if (!path || !text || !out)
        return err_set(err, ERR_FORMAT, "no path, no text or no out");
    return media_tag(path, text, out, err);
}

static bool bare(const struct value *request, struct err *err)
{
    const char *path = value_get_text(request, "path");
    const char *out = value_get_text(request, "out");
    if (!path || !out)
        return err_set(err, ERR_FORMAT, path ? "no out" : "no path");
    return media_bare(path, out, err);
}

static bool told(const struct value *request, struct value *answer,
                 struct err *err)
{
    const char *path = value_get_text(request, "path");
    if (!path)
        return err_set(err, ERR_FORMAT, "no path");
    struct buf text;
    buf_init(&text, MEDIA_TAG_MAX);
    bool ok = media_told(path, &text, err);
    if (ok)
        value_set(answer, "text", value_strn(text.data, text.len));
    buf_free(&text);
    return ok;
}

static bool perform(const struct value *request, struct value *answer,
                    struct err *err)
{
    const char *op = value_get_text(request, "op");
    if (op && strcmp(op, "check") == 0)
        return check(request, answer, err);
    if (op && strcmp(op, "frame") == 0)
        return cut_frame(request, answer, err);
    if (op && strcmp(op, "poster") == 0)
        return poster(request, answer, err);
    if (op && strcmp(op, "tile") == 0)
        return tile(request, answer, err);
    if (op && strcmp(op, "tag") == 0)
        return tag(request, err);
    if (op && strcmp(op, "bare") == 0)
        return bare(request, err);
    if (op && strcmp(op, "told") == 0)
        return told(request, answer, err);
    return err_set(err, ERR_FORMAT, "unknown op");
}

static bool answer_line(const char *line, size_t len)
{
    struct err err = {.kind = ERR_NONE};
    struct value *request = json_read(line, len, JSON_STRICT, &err);
    const struct value *id = value_get(request, "id");
    struct value *facts = value_map();
    bool ok = request && perform(request, facts, &err);

    struct value *answer = value_map();
    value_set(answer, "id", id ? value_copy(id) : value_null());
    value_set(answer, "ok", value_bool(ok));
    for (size_t i = 0; i < value_count(facts); i++)
        value_set(answer, facts->map.members[i].key,
                  value_copy(facts->map.members[i].value));
    if (!ok)
        value_set(answer, "error", value_str(err.text));
    if (!ok && err.kind == ERR_DISK)
        value_set(answer, "disk", value_bool(true));
    value_free(facts);
    value_free(request);
    return reply(answer);
}

static bool answer_overlong(void)
{
    struct value *answer = value_map();
    value_set(answer, "id", value_null());
    value_set(answer, "ok", value_bool(false));
    value_set(answer, "error", value_str("the line is too long"));
    return reply(answer);
}

// Take what was read; whole lines are answered. False when nobody listens.
static bool feed(struct buf *line, const char *bytes, size_t len)
{
    for (const char *end; len > 0; len -= (size_t)(end - bytes), bytes = end) {
        const char *newline = memchr(bytes, '\n', len);
        end = newline ? newline + 1 : bytes + len;
        buf_add(line, bytes, (size_t)((newline ? newline : end) - bytes));
        if (!newline)
            continue;
        bool ok = line->overflow ? answer_overlong()
                                 : answer_line(line->data, line->len);
        buf_clear(line);
        if (!ok)
            return false;
    }
    return true;
}

// A decoder takes some MB for each clip and gives all of them back. Kept up to
// a bound, they need not come from the system again, page by page, for the next
// clip. What is larger goes back at once.
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, KEPT_EACH);
    mallopt(M_TRIM_THRESHOLD, KEPT_MAX);
    mallopt(M_TOP_PAD, KEPT_PAD);
#endif
}

int media_worker(void)
{
    keep_memory();
    struct buf line;
    buf_init(&line, MEDIA_LINE_MAX);
    char chunk[4096];
    bool ok = true;
    while (ok) {
        ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            ok = n == 0;
            break;
        }
        ok = feed(&line, chunk, (size_t)n);
    }
    buf_free(&line);
    return ok ? 0 : 1;
}
