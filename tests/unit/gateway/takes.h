// Clips that a test of the renderer makes, and what is in their pictures. To be
// included behind cmocka.h.

#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "gateway/render.h"
#include "media/frame.h"
#include "media/image.h"

static char dir[64]; // the test's

struct take {
    char clip[192], poster[192], last[192];
    struct render_facts facts;
};

static inline int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-render-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static inline struct take take_named(const char *name)
{
    struct take t;
    memset(&t, 0, sizeof(t));
    snprintf(t.clip, sizeof(t.clip), "%s/%s.mp4", dir, name);
    snprintf(t.poster, sizeof(t.poster), "%s/%s.first.png", dir, name);
    snprintf(t.last, sizeof(t.last), "%s/%s.last.png", dir, name);
    return t;
}

static inline struct take render(const struct render_spec *spec,
                                 const char *name)
{
    struct take t = take_named(name);
    struct err err = {.kind = ERR_NONE};
    if (!render_clip(spec, t.clip, t.poster, t.last, NULL, NULL, &t.facts,
                     &err))
        fail_msg("%s: %s", name, err.text);
    return t;
}

// That nothing comes of `spec`; fills `err`.
static inline void assert_refused(const struct render_spec *spec,
                                  enum err_kind kind, struct err *err)
{
    struct take t = take_named("refused");
    if (render_clip(spec, t.clip, t.poster, t.last, NULL, NULL, &t.facts, err))
        fail_msg("it was rendered");
    assert_int_equal(err->kind, kind);
    assert_int_not_equal(access(t.clip, F_OK), 0);
    assert_int_not_equal(access(t.poster, F_OK), 0);
}

static inline struct render_bytes bytes_of(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct render_bytes b;
    b.bytes = file_read(path, IMAGE_BYTES_MAX, &b.len, &err);
    assert_non_null(b.bytes);
    return b;
}

static inline void free_bytes(struct render_bytes *b)
{
    free((void *)b->bytes);
}

static inline struct image picture(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct render_bytes b = bytes_of(path);
    struct image image;
    if (!image_decode(b.bytes, b.len, &image, &err))
        fail_msg("%s: %s", path, err.text);
    free_bytes(&b);
    return image;
}

// The picture of the clip at `seconds`.
static inline struct image frame_at(const struct take *t, double seconds)
{
    struct frame_pick pick = {FRAME_AT, seconds};
    struct err err = {.text = ""};
    char path[128];
    int width, height;
    snprintf(path, sizeof(path), "%s/frame.png", dir);
    if (!media_frame(t->clip, &pick, path, &width, &height, &err))
        fail_msg("%s", err.text);
    return picture(path);
}

// Mean difference of a colour in the rows from .. to - 1.
static inline double image_difference(const struct image *a,
                                      const struct image *b, int from, int to)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    long sum = 0, first = 3L * a->width * from, end = 3L * a->width * to;
    for (long i = first; i < end; i++)
        sum += labs((long)a->rgb[i] - b->rgb[i]);
    return (double)sum / (double)(end - first);
}

// The same, of two files, above the strip with the words.
static inline double difference(const char *a, const char *b)
{
    struct image x = picture(a), y = picture(b);
    double d = image_difference(&x, &y, 0, x.height * 6 / 10);
    free(x.rgb);
    free(y.rgb);
    return d;
}

// Everywhere, where the words would be too.
static inline void assert_same_picture(const char *a, const char *b)
{
    struct image x = picture(a), y = picture(b);
    assert_int_equal(x.width, y.width);
    assert_int_equal(x.height, y.height);
    assert_memory_equal(x.rgb, y.rgb, (size_t)x.width * (size_t)x.height * 3);
    free(x.rgb);
    free(y.rgb);
}
