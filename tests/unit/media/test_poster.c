// A poster has the clip's colours and shape, in the size that was asked for.

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
#include "base/path.h"
#include "media/jpeg.h"
#include "media/poster.h"
#include "media/tile.h"

static char dir[64], clip[96], jpg[96];
static const struct frame_pick first = {FRAME_FIRST, 0};
static const struct frame_room usual = {480, 480};

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-poster-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(clip, sizeof(clip), "%s/clip.mp4", dir);
    snprintf(jpg, sizeof(jpg), "%s/poster.jpg", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(clip);
    unlink(jpg);
    return rmdir(dir);
}

static struct image poster(const struct frame_pick *pick,
                           struct frame_room room)
{
    struct err err = {.text = ""};
    int width = 0, height = 0;
    if (!media_poster(clip, pick, room, jpg, &width, &height, &err))
        fail_msg("%s", err.text);
    size_t len;
    char *bytes = file_read(jpg, IMAGE_BYTES_MAX, &len, &err);
    assert_non_null(bytes);
    assert_memory_equal(bytes, "\xff\xd8\xff", 3);
    struct image image;
    assert_true(image_decode(bytes, len, &image, &err));
    free(bytes);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    return image;
}

static void expect_colour(const struct image *image, int r, int g, int b)
{
    const uint8_t *at =
        image->rgb + 3 * (image->width * image->height / 2 + image->width / 2);
    const int wanted[3] = {r, g, b};
    for (int c = 0; c < 3; c++)
        assert_in_range(at[c] + 6, wanted[c], wanted[c] + 12);
}

static void expect_size_in(struct frame_room room, int width, int height)
{
    struct image image = poster(&first, room);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    free(image.rgb);
}

static void expect_size(int asked, int width, int height)
{
    expect_size_in((struct frame_room){asked, 0}, width, height);
}

// Red, then blue; darker than black and whiter than white would show a range
// that was taken for another.
static void test_colours(void **state)
{
    (void)state;
    ffmpeg_to(clip, "-f lavfi -i color=0xc83020:size=96x64:rate=5:duration=1 "
                    "-f lavfi -i color=0x2038c8:size=96x64:rate=5:duration=1 "
                    "-filter_complex concat=n=2 -c:v libx264 -pix_fmt yuv420p");
    struct image image = poster(&first, usual);
    expect_colour(&image, 0xc8, 0x30, 0x20);
    free(image.rgb);
    image = poster(&(struct frame_pick){FRAME_LAST, 0}, usual);
    expect_colour(&image, 0x20, 0x38, 0xc8);
    free(image.rgb);
    static const struct {
        const char *luma, *range;
        int grey;
    } greys[] = {{"16", "tv", 0}, {"235", "tv", 255}, {"64", "pc", 64}};
    for (size_t i = 0; i < 3; i++) {
        char *words = xasprintf(
            "-f lavfi -i nullsrc=size=96x64:rate=5:duration=1,format=yuv420p,"
            "geq=lum=%s:cb=128:cr=128 -c:v libx264 -color_range %s",
            greys[i].luma, greys[i].range);
        ffmpeg_to(clip, words);
        free(words);
        image = poster(&first, usual);
        expect_colour(&image, greys[i].grey, greys[i].grey, greys[i].grey);
        free(image.rgb);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const char wide[] = "-f lavfi -i testsrc=size=322x181:rate=5:"
                               "duration=0.4 -c:v libx264 -pix_fmt yuv444p";
    ffmpeg_to(clip, wide);
    expect_size(480, 322, 180); // never larger
    expect_size(160, 160, 90);
    expect_size(101, 100, 56);
    expect_size(2, 2, 2);
    expect_size_in((struct frame_room){480, 90}, 160, 90);
    expect_size_in((struct frame_room){160, 400}, 160, 90);
    expect_size_in((struct frame_room){480, 2}, 4, 2);
    ffmpeg_to(clip, "-f lavfi -i testsrc=size=96x64:rate=5:duration=0.4 "
                    "-vf setsar=2 -c:v libx264 -pix_fmt yuv420p");
    expect_size(480, 192, 64);
    char *lying = xasprintf("%s/lying.mp4", dir);
    assert_int_equal(rename(clip, lying), 0);
    char *words = xasprintf("-i %s -c copy -metadata:s:v rotate=90", lying);
    ffmpeg_to(clip, words);
    expect_size(480, 64, 192);
    expect_size(32, 32, 96);
    expect_size_in((struct frame_room){480, 96}, 32, 96);
    unlink(lying);
    free(lying);
    free(words);
}

// As large as a sheet of many clips may be.
static void test_a_huge_one(void **state)
{
    (void)state;
    struct image image = {4096, 16384, xcalloc((size_t)4096 * 16384, 3)};
    struct err err = {.text = ""};
    if (!jpeg_write(jpg, &image, &err))
        fail_msg("%s", err.text);
    free(image.rgb);
}

static void test_refuses(void **state)
{
    (void)state;
    struct err err;
    int width, height;
    unlink(jpg);
    assert_true(file_write(clip, "not a clip", 10, 0600, NULL));
    assert_false(media_poster(clip, &first, usual, jpg, &width, &height, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_false(path_exists(jpg));
    ffmpeg_to(clip, "-f lavfi -i testsrc=size=96x64:rate=5:duration=0.4 "
                    "-c:v libx264 -pix_fmt yuv420p");
    assert_false(media_poster(clip, &first, usual, "/none/x.jpg", &width,
                              &height, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

// What is left of a broken clip is shown, or it is told why not.
static void test_damage(void **state)
{
    (void)state;
    ffmpeg_to(clip, "-f lavfi -i testsrc=size=96x64:rate=10:duration=0.5 "
                    "-c:v libx264 -pix_fmt yuv420p -movflags +faststart");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    int made = 0;
    for (int seed = 1; seed <= 16; seed++) {
        char *copy = xmalloc(len);
        memcpy(copy, bytes, len);
        for (size_t i = 0; seed > 4 && i < 8; i++)
            copy[(size_t)seed * 7919 * (i + 1) % len] ^= (char)(seed + 85);
        size_t left = seed % 2 ? len : len * (size_t)seed / 18;
        assert_true(file_write(clip, copy, left, 0600, NULL));
        free(copy);
        struct err err = {.text = ""};
        int width, height;
        double seconds;
        unlink(jpg);
        bool ok = media_poster(clip, &first, usual, jpg, &width, &height, &err);
        assert_true(ok == path_exists(jpg) && ok != (err.text[0] != 0));
        made += ok;
        // A tile's name ends otherwise; its bytes do not mind.
        unlink(jpg);
        ok = tile_make(clip, 64, 64, jpg, &seconds, &err);
        assert_true(ok == path_exists(jpg) && (ok || err.text[0]));
    }
    assert_in_range(made, 2, 16);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colours),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_a_huge_one), cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
