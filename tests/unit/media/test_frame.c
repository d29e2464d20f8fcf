// The very picture that is asked for, whatever the clip's order of storing.
// Pictures are plain greys that tell their number.

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
#include "base/mem.h"
#include "base/path.h"
#include "media/encode.h"
#include "media/frame.h"
#include "media/image.h"

#define FRAMES 50
#define FPS 25
#define WIDTH 96
#define HEIGHT 64
#define STEP 4 // of grey, from one picture to the next
#define DARKEST 20

static char dir[64], clip[96], png[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-frame-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(png, sizeof(png), "%s/frame.png", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(png);
    return rmdir(dir);
}

static void name_clip(const char *ext)
{
    snprintf(clip, sizeof(clip), "%s/clip.%s", dir, ext);
}

static void ffmpeg(const char *words)
{
    ffmpeg_to(clip, words);
}

// Fifty greys, coded as `options` say.
static void make(const char *ext, const char *options)
{
    name_clip(ext);
    char *words = xasprintf("-f lavfi -i nullsrc=size=%dx%d:rate=%d:duration=2,"
                            "format=yuv420p,geq=lum=%d+%d*N:cb=128:cr=128 %s",
                            WIDTH, HEIGHT, FPS, DARKEST, STEP, options);
    ffmpeg(words);
    free(words);
}

static struct image cut(enum frame_which which, double seconds)
{
    struct frame_pick pick = {which, seconds};
    struct err err = {.text = ""};
    int width = 0, height = 0;
    if (!media_frame(clip, &pick, png, &width, &height, &err))
        fail_msg("%s: %s", clip, err.text);
    size_t len;
    char *bytes = file_read(png, IMAGE_BYTES_MAX, &len, &err);
    assert_non_null(bytes);
    struct image image;
    assert_true(image_decode(bytes, len, &image, &err));
    free(bytes);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    return image;
}

// Which of the greys was cut; luma 16..235 became RGB 0..255.
static int number(enum frame_which which, double seconds)
{
    struct image image = cut(which, seconds);
    const uint8_t *middle =
        image.rgb + 3 * (image.width * (image.height / 2) + image.width / 2);
    double luma = middle[0] * 219.0 / 255 + 16;
    free(image.rgb);
    return (int)((luma - DARKEST) / STEP + 0.5);
}

static void expect_all(int first, int last)
{
    assert_int_equal(number(FRAME_FIRST, 0), first);
    assert_int_equal(number(FRAME_LAST, 0), last);
    assert_int_equal(number(FRAME_AT, 0), first);
    assert_int_equal(number(FRAME_AT, 0.5), first + 12);
    assert_int_equal(number(FRAME_AT, 0.52), first + 13);
    assert_int_equal(number(FRAME_AT, 1.4 / FPS), first + 1);
    assert_int_equal(number(FRAME_AT, 100), last);
    unlink(clip);
}

static void test_orders(void **state)
{
    (void)state;
    static const struct {
        const char *ext, *options;
    } made[] = {
        {"mp4", "-c:v libx264"},
        {"mp4", "-c:v libx264 -x264-params "
                "keyint=8:min-keyint=8:scenecut=0:bframes=5:b-adapt=0"},
        {"mp4", "-c:v libx264 -x264-params "
                "open-gop=1:keyint=9:min-keyint=1:bframes=4:b-adapt=0"},
        {"mkv", "-c:v libx264 -x264-params intra-refresh=1:bframes=3"},
        {"mp4", "-c:v libx264 -movflags frag_keyframe+empty_moov -g 10"},
        {"ts", "-c:v libx264 -g 10"},
        {"avi", "-c:v mpeg4 -q:v 1 -g 12"},
        {"webm", "-c:v libvpx-vp9 -crf 10 -b:v 0 -auto-alt-ref 1 "
                 "-lag-in-frames 16 -g 20 -deadline realtime -cpu-used 8"},
        {"flv", "-c:v libx264 -g 10"},
    };
    for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++) {
        make(made[i].ext, made[i].options);
        expect_all(0, FRAMES - 1);
    }
}

// What an edit list hides is stored, and not shown.
static void test_edit_list(void **state)
{
    (void)state;
    make("mp4", "-c:v libx264 -g 25 -bf 2");
    char *whole = xstrdup(clip);
    name_clip("cut.mp4");
    char *words = xasprintf("-ss 0.4 -i %s -c copy", whole);
    ffmpeg(words);
    unlink(whole);
    expect_all(10, FRAMES - 1);
    free(words);
    free(whole);
}

static void test_changing_rate(void **state)
{
    (void)state;
    // The second half is four times as slow.
    make("mkv", "-vf setpts='if(lt(N,25),N,25+4*(N-25))/25/TB' -vsync vfr "
                "-c:v libx264 -g 7");
    assert_int_equal(number(FRAME_LAST, 0), FRAMES - 1);
    assert_int_equal(number(FRAME_AT, 0.96), 24);
    assert_int_equal(number(FRAME_AT, 1.0 + 0.16 * 3 + 0.15), 28);
    unlink(clip);
}

static void test_the_right_way_up(void **state)
{
    (void)state;
    name_clip("mp4");
    // Left half black, right half white; players turn it by a quarter.
    ffmpeg("-f lavfi -i nullsrc=size=96x64:rate=25:duration=0.2,"
           "format=yuv420p,geq=lum=if(gt(X\\,48)\\,235\\,16):cb=128:cr=128 "
           "-c:v libx264");
    char *lying = xstrdup(clip);
    name_clip("turned.mp4");
    char *words = xasprintf("-i %s -c copy -metadata:s:v rotate=90", lying);
    ffmpeg(words);
    unlink(lying);
    free(words);
    free(lying);
    struct image image = cut(FRAME_LAST, 0);
    assert_int_equal(image.width, HEIGHT);
    assert_int_equal(image.height, WIDTH);
    assert_true(image.rgb[0] > 235); // as ffmpeg shows it
    assert_true(image.rgb[3 * HEIGHT * (WIDTH - 1)] < 20);
    free(image.rgb);
    unlink(clip);
}

static void test_square_pixels(void **state)
{
    (void)state;
    make("mp4", "-vf setsar=2 -c:v libx264");
    struct image image = cut(FRAME_LAST, 0);
    assert_int_equal(image.width, 2 * WIDTH);
    assert_int_equal(image.height, HEIGHT);
    free(image.rgb);
    unlink(clip);
}

// Colours come back as our own encoder was given them.
static void test_colours(void **state)
{
    (void)state;
    static const uint8_t colours[][3] = {
        {200, 40, 30}, {30, 160, 60}, {40, 60, 200}, {250, 250, 250}};
    enum { N = sizeof(colours) / sizeof(*colours) };
    name_clip("mp4");
    struct err err;
    struct encoder *e = encoder_open(clip, WIDTH, HEIGHT, FPS, &err);
    assert_non_null(e);
    uint8_t *rgb = xmalloc(WIDTH * HEIGHT * 3);
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < WIDTH * HEIGHT; k++)
            memcpy(rgb + 3 * k, colours[i], 3);
        assert_true(encoder_put(e, rgb, &err));
    }
    free(rgb);
    assert_true(encoder_finish(e, &err));
    for (int i = 0; i < N; i++) {
        struct image image = cut(FRAME_AT, (double)i / FPS);
        for (int c = 0; c < 3; c++)
            assert_in_range(image.rgb[c] + 6, colours[i][c],
                            colours[i][c] + 12);
        free(image.rgb);
    }
    unlink(clip);
}

// A plain clip of these values, and of which colour it is shown.
static void expect_shown(const char *size, const char *values,
                         const char *options, const uint8_t wanted[3])
{
    name_clip("mp4");
    char *words = xasprintf("-f lavfi -i nullsrc=size=%s:rate=5:duration=1,%s "
                            "-c:v libx264 %s",
                            size, values, options);
    ffmpeg(words);
    free(words);
    struct image image = cut(FRAME_FIRST, 0);
    for (int c = 0; c < 3; c++)
        assert_in_range(image.rgb[c] + 4, wanted[c], wanted[c] + 8);
    free(image.rgb);
    unlink(clip);
}

// The same numbers are other colours in a clip of full range, and in a large
// one that does not say what they mean.
static void test_what_colours_mean(void **state)
{
    (void)state;
    static const char red[] = "format=yuv420p,geq=lum=81:cb=90:cr=240";
    expect_shown("96x64", red, "", (uint8_t[]){254, 0, 0});
    expect_shown("96x640", red, "", (uint8_t[]){255, 24, 0});
    static const char grey[] = "format=yuv420p,geq=lum=64:cb=128:cr=128";
    const uint8_t shown[] = {56, 56, 56};
    expect_shown("96x64", grey, "", shown);
    expect_shown("96x64", grey, "-pix_fmt yuvj420p -color_range pc", shown);
}

static void test_refuses(void **state)
{
    (void)state;
    unlink(png);
    struct frame_pick last = {FRAME_LAST, 0};
    struct err err;
    int width, height;
    name_clip("mp4");
    assert_false(media_frame("/none", &last, png, &width, &height, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_true(file_write(clip, "not a clip", 10, 0600, NULL));
    assert_false(media_frame(clip, &last, png, &width, &height, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_false(path_exists(png));
    make("mp4", "-c:v libx264");
    assert_false(
        media_frame(clip, &last, "/none/x.png", &width, &height, &err));
    assert_int_equal(err.kind, ERR_DISK);
    unlink(clip);
}

// A clip whose end is lost shows what is still there, or says that it cannot.
static void test_damage(void **state)
{
    (void)state;
    make("ts", "-c:v libx264 -g 10");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    for (int seed = 1; seed <= 40; seed++) {
        char *copy = xmalloc(len);
        memcpy(copy, bytes, len);
        for (size_t i = 0; i < 30; i++)
            copy[(size_t)seed * 7919 * (i + 1) % len] ^= (char)(seed + 85);
        assert_true(
            file_write(clip, copy, seed % 2 ? len : len / 2, 0600, NULL));
        struct frame_pick pick = {FRAME_LAST, 0};
        struct err err = {.text = ""};
        int width, height;
        if (!media_frame(clip, &pick, png, &width, &height, &err))
            assert_true(err.text[0]);
        free(copy);
    }
    free(bytes);
    unlink(clip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_edit_list),
        cmocka_unit_test(test_changing_rate),
        cmocka_unit_test(test_the_right_way_up),
        cmocka_unit_test(test_square_pixels),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_what_colours_mean),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
