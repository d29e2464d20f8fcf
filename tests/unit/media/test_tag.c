// A text inside a clip, and the clip as it was.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ffmpeg.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "media/check.h"
#include "media/tag.h"

#define TEXT "{\"tarmac\":1,\"prompt\":\"a pier \\\"in\\\" Łódź \\n 桟橋\"}"

static char dir[64], clip[96], copy[96], again[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-tag-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(clip), unlink(copy), unlink(again);
    return rmdir(dir);
}

static void make(const char *ext, const char *words)
{
    unlink(clip), unlink(copy), unlink(again);
    snprintf(clip, sizeof(clip), "%s/clip.%s", dir, ext);
    snprintf(copy, sizeof(copy), "%s/copy.%s", dir, ext);
    snprintf(again, sizeof(again), "%s/again.%s", dir, ext);
    ffmpeg_to(clip, words);
}

static void assert_told(const char *path, const char *text)
{
    struct buf told;
    struct err err = {0};
    buf_init(&told, MEDIA_TAG_MAX);
    if (!media_told(path, &told, &err))
        fail_msg("%s", err.text);
    assert_string_equal(told.data, text);
    buf_free(&told);
}

static void assert_same_hash(const char *a, const char *b, bool same)
{
    char left[HASH_HEX], right[HASH_HEX];
    struct err err;
    assert_true(hash_file(a, left, NULL, &err));
    assert_true(hash_file(b, right, NULL, &err));
    assert_int_equal(strcmp(left, right) == 0, same);
}

static void tag(const char *text, const char *out)
{
    struct err err = {0};
    if (!media_tag(clip, text, out, &err))
        fail_msg("%s", err.text);
}

// The boxes that players read first come first.
static void assert_faststart(const char *path)
{
    struct err err;
    size_t len;
    char *bytes = file_read(path, 64u << 20, &len, &err);
    assert_non_null(bytes);
    const char *moov = memmem(bytes, len, "moov", 4);
    const char *mdat = memmem(bytes, len, "mdat", 4);
    assert_true(moov && mdat && moov < mdat);
    free(bytes);
}

static void check_round_trip(const char *ext, const char *words)
{
    struct media_facts was, is;
    struct err err;
    make(ext, words);
    tag(TEXT, copy);
    assert_told(copy, TEXT);
    assert_faststart(copy);
    assert_true(media_check(clip, &was, &err));
    assert_true(media_check(copy, &is, &err));
    assert_int_equal(was.frames, is.frames);
    assert_float_equal(was.seconds, is.seconds, 0.002);
    assert_int_equal(was.has_audio, is.has_audio);
    assert_string_equal(is.ext, ext);

    tag(TEXT, again);
    assert_same_hash(copy, again, true);
    tag("another", again);
    assert_same_hash(copy, again, false);
    assert_told(again, "another");
}

static void test_round_trips(void **state)
{
    (void)state;
    check_round_trip("mp4", "-f lavfi -i testsrc=d=2:s=96x64 -c:v libx264 "
                            "-preset ultrafast -bf 2");
    check_round_trip("mov", "-f lavfi -i testsrc=d=1:s=96x64 -c:v mpeg4");
    check_round_trip("mp4", "-f lavfi -i testsrc=d=1:s=96x64:r=30000/1001 -f "
                            "lavfi -i sine=d=1 -c:v libx264 -preset ultrafast "
                            "-c:a aac -metadata:s:v:0 rotate=90");
}

static void test_a_tagged_clip_is_tagged_anew(void **state)
{
    (void)state;
    make("mp4", "-f lavfi -i testsrc=d=1:s=96x64 -metadata title=pier "
                "-metadata comment=before -c:v libx264 -preset ultrafast");
    assert_told(clip, "before");
    tag("after", copy);
    assert_told(copy, "after");
}

static void test_the_longest_text(void **state)
{
    (void)state;
    char *text = xmalloc(MEDIA_TAG_MAX + 2);
    memset(text, '"', MEDIA_TAG_MAX + 1);
    text[MEDIA_TAG_MAX] = '\0';
    make("mp4", "-f lavfi -i testsrc=d=1:s=96x64 -c:v mpeg4");
    tag(text, copy);
    assert_told(copy, text);
    make("mov", "-f lavfi -i testsrc=d=1:s=96x64 -c:v mpeg4");
    tag(text, copy);
    assert_told(copy, text);

    struct err err;
    text[MEDIA_TAG_MAX] = '"';
    text[MEDIA_TAG_MAX + 1] = '\0';
    assert_false(media_tag(clip, text, again, &err));
    assert_false(path_exists(again));
    free(text);
}

static void assert_refused(enum err_kind kind)
{
    struct err err;
    assert_false(media_tag(clip, TEXT, copy, &err));
    assert_int_equal(err.kind, kind);
    assert_false(path_exists(copy));
}

static void test_what_cannot_hold_a_text(void **state)
{
    (void)state;
    make("webm", "-f lavfi -i testsrc=d=1:s=96x64 -c:v libvpx");
    assert_refused(ERR_FORMAT);
    make("gif", "-f lavfi -i testsrc=d=1:s=96x64");
    assert_refused(ERR_FORMAT);

    make("mp4", "-f lavfi -i testsrc=d=1:s=96x64 -c:v mpeg4");
    struct buf told;
    struct err err;
    buf_init(&told, MEDIA_TAG_MAX);
    assert_false(media_told(clip, &told, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    buf_free(&told);
    assert_false(media_tag(clip, "\xff", copy, &err));
    assert_false(media_tag(clip, TEXT, "/nowhere/out.mp4", &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static void test_without_its_text_it_is_as_it_was(void **state)
{
    (void)state;
    struct err err;
    make("mp4", "-f lavfi -i testsrc=d=1:s=96x64 -c:v libx264 -bf 2 -preset "
                "ultrafast -fflags +bitexact -movflags +faststart");
    tag(TEXT, copy);
    assert_true(media_bare(copy, again, &err));
    assert_same_hash(clip, again, true);
    assert_false(media_bare(dir, again, &err));
}

static void put_be32(char *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (char)(value & 0xff);
}

static uint32_t be32(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

// Each picture is nearly all of the file, over and over.
static void test_a_clip_that_names_its_bytes_often(void **state)
{
    (void)state;
    struct err err;
    size_t len;
    make("mp4", "-f lavfi -i testsrc=d=2:s=96x64 -f lavfi -i sine=d=2 -c:v "
                "mpeg4 -c:a aac -movflags +faststart");
    char *bytes = file_read(clip, 64u << 20, &len, &err);
    assert_non_null(bytes);
    char *sizes = memmem(bytes, len, "stsz", 4);
    char *chunks = memmem(bytes, len, "stco", 4);
    assert_true(sizes && chunks);
    uint32_t first = be32(chunks + 12), n = be32(chunks + 8);
    put_be32(sizes + 8, (uint32_t)(len - first) / 10 * 8);
    for (uint32_t i = 0; i < n; i++)
        put_be32(chunks + 12 + (size_t)4 * i, first);
    assert_true(file_write(clip, bytes, len, 0644, &err));
    free(bytes);
    assert_refused(ERR_FORMAT);
}

static void test_a_text_that_is_no_line(void **state)
{
    (void)state;
    struct buf told;
    struct err err;
    make("mp4", "-f lavfi -i testsrc=d=1:s=96x64 -c:v mpeg4");
    tag("two\nlines", copy);
    buf_init(&told, MEDIA_TAG_MAX);
    assert_false(media_told(copy, &told, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    buf_free(&told);
}

static void test_a_clip_that_is_cut(void **state)
{
    (void)state;
    make("mp4", "-f lavfi -i testsrc=d=2:s=96x64 -c:v mpeg4 -movflags "
                "+faststart");
    struct err err;
    int64_t size;
    int fd = file_open(clip, &size, &err);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(truncate(clip, size * 3 / 4), 0);
    struct media_facts facts;
    assert_false(media_check(clip, &facts, &err));
    if (media_tag(clip, TEXT, copy, &err)) // what there is, as it is
        assert_told(copy, TEXT);
    else
        assert_false(path_exists(copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_a_tagged_clip_is_tagged_anew),
        cmocka_unit_test(test_the_longest_text),
        cmocka_unit_test(test_what_cannot_hold_a_text),
        cmocka_unit_test(test_without_its_text_it_is_as_it_was),
        cmocka_unit_test(test_a_clip_that_names_its_bytes_often),
        cmocka_unit_test(test_a_text_that_is_no_line),
        cmocka_unit_test(test_a_clip_that_is_cut),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
