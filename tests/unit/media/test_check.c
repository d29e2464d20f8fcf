// What plays passes; what is cut off, broken or something else does not.

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "media/check.h"
#include "media/container.h"
#include "media/encode.h"

#define FRAMES 48

static char dir[64], clip[96], copy[96];
static char *bytes; // of the good clip
static size_t len;

static void write_copy(const void *data, size_t size)
{
    int fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, data, size));
    close(fd);
}

static void make_clip(const char *path)
{
    struct err err = {.kind = ERR_NONE};
    struct encoder *e = encoder_open(path, 128, 96, 24, &err);
    if (!e)
        fail_msg("%s", err.text);
    uint8_t *rgb = xmalloc(128 * 96 * 3);
    for (int i = 0; i < FRAMES; i++) {
        for (int k = 0; k < 128 * 96 * 3; k++)
            rgb[k] = (uint8_t)(k * (i + 3) + (k >> 7) * 31);
        if (!encoder_put(e, rgb, &err))
            fail_msg("%s", err.text);
    }
    free(rgb);
    if (!encoder_finish(e, &err))
        fail_msg("%s", err.text);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-check-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(clip, sizeof(clip), "%s/clip.mp4", dir);
    snprintf(copy, sizeof(copy), "%s/copy", dir);
    make_clip(clip);
    struct err err = {.kind = ERR_NONE};
    bytes = file_read(clip, 64 << 20, &len, &err);
    return bytes ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(clip);
    unlink(copy);
    rmdir(dir);
    free(bytes);
    return 0;
}

static void refuse(const void *data, size_t size, const char *what)
{
    struct err err = {.kind = ERR_NONE};
    write_copy(data, size);
    struct media_facts facts;
    if (media_check(copy, &facts, &err))
        fail_msg("%s passed", what);
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_true(strlen(err.text) > 0);
}

static void test_good(void **state)
{
    (void)state;
    struct media_facts facts;
    struct err err = {.kind = ERR_NONE};
    if (!media_check(clip, &facts, &err))
        fail_msg("%s", err.text);
    assert_int_equal(facts.width, 128);
    assert_int_equal(facts.height, 96);
    assert_int_equal(facts.frames, FRAMES);
    assert_true(facts.seconds > 1.99 && facts.seconds < 2.01);
    assert_string_equal(facts.codec, "h264");
    assert_string_equal(facts.ext, "mp4");
    assert_false(facts.has_audio);
}

static void test_cut(void **state)
{
    (void)state;
    static const int percents[] = {1, 10, 25, 50, 75, 95, 99};
    for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
        char what[32];
        snprintf(what, sizeof(what), "cut at %d %%", percents[i]);
        refuse(bytes, len * (size_t)percents[i] / 100, what);
    }
    refuse(bytes, len - 1, "without its last byte");
}

static void test_not_clips(void **state)
{
    (void)state;
    static const char html[] =
        "<!DOCTYPE html><html><head><title>404</title></head>"
        "<body><h1>Not found</h1></body></html>\n";
    static const char json[] = "{\"error\":\"the link has expired\"}\n";
    static const char playlist[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n"
        "file:///etc/hostname\n#EXT-X-ENDLIST\n";
    static const char concat[] = "ffconcat version 1.0\nfile /etc/hostname\n";
    refuse("", 0, "an empty file");
    refuse(html, sizeof(html) - 1, "a web page");
    refuse(json, sizeof(json) - 1, "JSON");
    refuse(playlist, sizeof(playlist) - 1, "a playlist");
    refuse(concat, sizeof(concat) - 1, "a list of files");
    refuse("hello\n", 6, "text");
    char *text = xmalloc(200000);
    memset(text, 'a', 200000);
    refuse(text, 200000, "much text");
    free(text);
}

static void test_garbage(void **state)
{
    (void)state;
    size_t n = 60000;
    unsigned char *junk = xmalloc(n);
    unsigned x = 12345;
    for (size_t i = 0; i < n; i++)
        junk[i] = (unsigned char)((x = x * 1103515245u + 12345u) >> 16);
    memcpy(junk, bytes, 32); // ftyp, whole
    refuse(junk, n, "garbage behind ftyp");
    refuse(junk, 32, "ftyp alone");
    free(junk);
}

// Whatever a byte says, the check ends, and says yes or no.
static void test_damaged(void **state)
{
    (void)state;
    char *damaged = xmalloc(len);
    unsigned x = 99;
    for (int round = 0; round < 300; round++) {
        memcpy(damaged, bytes, len);
        for (int i = 0; i < 1 + round % 8; i++) {
            x = x * 1103515245u + 12345u;
            size_t head = len < 4000 ? len : 4000;
            size_t at = (x >> 8) % (round % 2 ? head : len);
            damaged[at] = (char)(x >> 16);
        }
        struct err err = {.kind = ERR_NONE};
        struct media_facts facts = {.width = -1};
        write_copy(damaged, len);
        if (media_check(copy, &facts, &err))
            assert_true(facts.frames > 0 && facts.width > 0);
        else
            assert_true(err.kind != ERR_NONE);
    }
    free(damaged);
}

static void test_gif(void **state)
{
    (void)state;
    static const unsigned char gif[] = {
        'G', 'I', 'F', '8', '9', 'a', 1,   0,    1, 0, 0x80, 0,
        0,   0,   0,   0,   255, 255, 255, 0x2c, 0, 0, 0,    0,
        1,   0,   1,   0,   0,   2,   2,   0x44, 1, 0, 0x3b};
    struct media_facts facts;
    struct err err = {.kind = ERR_NONE};
    write_copy(gif, sizeof(gif));
    if (!media_check(copy, &facts, &err))
        fail_msg("%s", err.text);
    assert_string_equal(facts.ext, "gif");
    refuse(gif, sizeof(gif) - 1, "a GIF without its end");
}

static void test_containers(void **state)
{
    (void)state;
#define HEAD "\x1a\x45\xdf\xa3\x81\0"
#define SEGMENT HEAD "\x18\x53\x80\x67"
    static const struct {
        enum container kind;
        const char *bytes;
        size_t len;
        bool whole;
    } cases[] = {
        {CONTAINER_BOXES,
         "\0\0\0\x08"
         "free"
         "\0\0\0\x09"
         "mdat!",
         17, true},
        {CONTAINER_BOXES,
         "\0\0\0\x08"
         "free"
         "\0\0\0\x0a"
         "mdat!",
         17, false},
        {CONTAINER_BOXES,
         "\0\0\0\x08"
         "free"
         "\0\0\0\0"
         "mdat!",
         17, true},
        {CONTAINER_BOXES,
         "\0\0\0\x01"
         "mdat\0\0\0\0\0\0\0\x11!",
         17, true},
        {CONTAINER_BOXES,
         "\0\0\0\x01"
         "mdat\xff\0\0\0\0\0\0\x11!",
         17, false},
        {CONTAINER_BOXES,
         "\0\0\0\x07"
         "free",
         8, false},
        {CONTAINER_BOXES,
         "\0\0\0\x08"
         "free\0\0",
         10, false},
        {CONTAINER_EBML,
         SEGMENT "\x82"
                 "ab",
         13, true},
        {CONTAINER_EBML,
         SEGMENT "\x83"
                 "ab",
         13, false},
        {CONTAINER_EBML,
         SEGMENT "\xff"
                 "ab",
         13, true},
        {CONTAINER_EBML, SEGMENT "\x01\xff\xff\xff\xff\xff\xff\xff", 18, true},
        {CONTAINER_EBML, SEGMENT "\x01\xff\xff\xff\xff\xff\xff\xfe", 18, false},
        {CONTAINER_EBML, SEGMENT "\x01\xff", 12, false},
        {CONTAINER_EBML, SEGMENT "\0", 11, false},
        {CONTAINER_EBML, SEGMENT, 10, false},
        {CONTAINER_EBML, "\x1a\x45\xdf\xa3\xff", 5, false},
        {CONTAINER_GIF, ";", 1, true},
        {CONTAINER_GIF, "; ", 2, false},
        {CONTAINER_OTHER, "x", 1, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = {.kind = ERR_NONE};
        write_copy(cases[i].bytes, cases[i].len);
        if (container_whole(copy, cases[i].kind, &err) != cases[i].whole)
            fail_msg("case %zu is%s whole", i, cases[i].whole ? " not" : "");
        assert_int_equal(err.kind, cases[i].whole ? ERR_NONE : ERR_FORMAT);
    }
}

static void test_missing(void **state)
{
    (void)state;
    struct media_facts facts;
    struct err err = {.kind = ERR_NONE};
    assert_false(media_check("/nonexistent/clip.mp4", &facts, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_false(media_check(dir, &facts, &err));
    assert_int_equal(err.kind, ERR_DISK);
    // A name is a name, never an address.
    assert_false(media_check("http://127.0.0.1:1/clip.mp4", &facts, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    make_clip(copy);
    size_t again;
    char *second = file_read(copy, 64 << 20, &again, &err);
    assert_non_null(second);
    assert_int_equal(again, len);
    assert_memory_equal(second, bytes, len);
    free(second);
}

static void test_dropped(void **state)
{
    (void)state;
    struct err err = {.kind = ERR_NONE};
    unlink(copy);
    struct encoder *e = encoder_open(copy, 64, 64, 24, &err);
    assert_non_null(e);
    encoder_drop(e);
    assert_false(path_exists(copy));
    assert_null(encoder_open("/nonexistent/a.mp4", 64, 64, 24, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_cut),
        cmocka_unit_test(test_not_clips),  cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_damaged),    cmocka_unit_test(test_gif),
        cmocka_unit_test(test_containers), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_dropped),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
