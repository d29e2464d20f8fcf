// A film at a steady rate, out of clips that are not. Pictures are plain greys
// that tell their number.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/file.h"
#include "base/mem.h"
#include "ffmpeg.h"
#include "media/encode.h"
#include "media/film.h"

#define FPS 25
#define WIDTH 96
#define HEIGHT 64
#define STEP 4 // of grey, from one picture to the next
#define DARKEST 20

static char dir[64], clip[96];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-film-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

static void name_clip(const char *ext)
{
    snprintf(clip, sizeof(clip), "%s/clip.%s", dir, ext);
}

// Two seconds of greys, coded as `options` say.
static void make(const char *ext, const char *options)
{
    name_clip(ext);
    char *words = xasprintf("-f lavfi -i nullsrc=size=%dx%d:rate=%d:duration=2,"
                            "format=yuv420p,geq=lum=%d+%d*N:cb=128:cr=128 %s",
                            WIDTH, HEIGHT, FPS, DARKEST, STEP, options);
    ffmpeg_to(clip, words);
    free(words);
}

static struct film *open_clip(struct film_facts *facts)
{
    struct err err = {.text = ""};
    struct film *film = film_open(clip, NULL, facts, &err);
    if (!film)
        fail_msg("%s: %s", clip, err.text);
    return film;
}

// Which of the greys is shown then; luma 16..235 became RGB 0..255.
static int number(struct film *film, double seconds)
{
    static uint8_t rgb[32 * 24 * 3];
    struct err err = {.text = ""};
    if (!film_read(film, seconds, 32, 24, FILM_SOFT, rgb, &err))
        fail_msg("%s", err.text);
    double luma = rgb[3 * (12 * 32 + 16)] * 219.0 / 255 + 16;
    return (int)((luma - DARKEST) / STEP + 0.5);
}

static void assert_about(double is, double wanted)
{
    if (is < wanted - 0.05 || is > wanted + 0.05)
        fail_msg("%g instead of %g", is, wanted);
}

// Every picture at its time, first and last as well, in any way of storing.
static void test_in_order(void **state)
{
    (void)state;
    static const char *const ways[][2] = {
        {"mp4", "-c:v libx264 -bf 3"},   {"mp4", "-c:v libx264 -g 1"},
        {"webm", "-c:v libvpx -b:v 2M"}, {"avi", "-c:v mpeg4 -q:v 2"},
        {"ts", "-c:v libx264 -bf 2"},    {"mkv", "-c:v libx264 -g 10"},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        make(ways[i][0], ways[i][1]);
        struct film_facts facts;
        struct film *film = open_clip(&facts);
        assert_int_equal(facts.width, WIDTH);
        assert_int_equal(facts.height, HEIGHT);
        assert_about(facts.seconds, 2);
        for (int n = 0; n < 48; n++) {
            int wanted = (int)(n / 24.0 * FPS + 0.02);
            int is = number(film, n / 24.0);
            if (is != wanted)
                fail_msg("%s: %d instead of %d", ways[i][0], is, wanted);
        }
        assert_int_equal(number(film, 60), 49);
        film_close(film);
    }
}

// Pictures that are shown longer than others.
static void test_changing_rate(void **state)
{
    (void)state;
    make("mkv",
         "-vf settb=1/1000,setpts='if(lt(N,25),N*0.02,0.5+(N-25)*0.06)/TB'"
         " -fps_mode vfr -enc_time_base 1/1000 -c:v libx264");
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    assert_about(facts.seconds, 2);
    assert_int_equal(number(film, 0), 0);
    assert_int_equal(number(film, 0.25), 12);
    assert_int_equal(number(film, 0.47), 23);
    assert_int_equal(number(film, 1.11), 35);
    assert_int_equal(number(film, 1.15), 35);
    assert_int_equal(number(film, 1.9), 48);
    film_close(film);
}

static void test_one_picture(void **state)
{
    (void)state;
    make("mp4", "-frames:v 1 -c:v libx264");
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    assert_true(facts.seconds > 0 && facts.seconds < 0.1);
    assert_int_equal(number(film, 0), 0);
    assert_int_equal(number(film, 1), 0);
    film_close(film);
}

// White in the upper half, shown a quarter to the side.
static void test_the_right_way_up(void **state)
{
    (void)state;
    make("mp4", "-vf geq=lum='if(lt(Y,32),235,16)':cb=128:cr=128"
                " -c:v libx264");
    char *lying = xstrdup(clip);
    name_clip("turned.mp4");
    char *words = xasprintf("-i %s -c copy -metadata:s:v rotate=90", lying);
    ffmpeg_to(clip, words);
    free(words);
    free(lying);
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    assert_int_equal(facts.width, HEIGHT);
    assert_int_equal(facts.height, WIDTH);
    uint8_t rgb[32 * 48 * 3];
    struct err err;
    assert_true(film_read(film, 0, 32, 48, FILM_SOFT, rgb, &err));
    assert_true(rgb[0] > 235); // as ffmpeg shows it
    assert_true(rgb[3 * 31] < 20);
    film_close(film);
}

static void test_square_pixels(void **state)
{
    (void)state;
    make("mp4", "-vf setsar=2 -c:v libx264");
    struct film_facts facts;
    film_close(open_clip(&facts));
    assert_int_equal(facts.width, 2 * WIDTH);
    assert_int_equal(facts.height, HEIGHT);
}

static void expect_refused(const char *why)
{
    struct film_facts facts;
    struct err err = {.text = ""};
    struct film *film = film_open(clip, NULL, &facts, &err);
    if (film)
        fail_msg("%s was taken; expected \"%s\"", clip, why);
    assert_int_equal(err.kind, ERR_FORMAT);
    if (!strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void test_limits(void **state)
{
    (void)state;
    name_clip("long.mp4");
    ffmpeg_to(clip, "-f lavfi -i color=s=64x64:r=1:d=62 -c:v libx264");
    expect_refused("62 seconds long");
    name_clip("whole.mp4");
    ffmpeg_to(clip, "-f lavfi -i color=s=64x64:r=1:d=60 -c:v libx264");
    struct film_facts facts;
    film_close(open_clip(&facts));
    assert_about(facts.seconds, 60);
    name_clip("wide.mp4");
    ffmpeg_to(clip, "-f lavfi -i color=s=4160x64:r=5:d=0.4 -c:v libx264");
    expect_refused("4160x64 pixels");
    name_clip("text.mp4");
    assert_true(file_write(clip, "no clip at all", 14, 0600, NULL));
    expect_refused("not a clip");
    name_clip("sound.mkv");
    ffmpeg_to(clip, "-f lavfi -i sine=duration=1 -c:a flac");
    expect_refused("no video");
    name_clip("missing.mp4");
    struct err err = {.text = ""};
    assert_null(film_open(clip, NULL, &facts, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

// What is left of a clip plays, or an error says that nothing does.
static void test_damage(void **state)
{
    (void)state;
    make("ts", "-c:v libx264 -g 10");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    int played = 0;
    for (int seed = 1; seed <= 24; seed++) {
        char *copy = xmalloc(len);
        memcpy(copy, bytes, len);
        for (size_t i = 0; seed > 4 && i < 20; i++)
            copy[(size_t)seed * 7919 * (i + 1) % len] ^= (char)(seed + 85);
        size_t left = seed % 2 ? len : len * (size_t)seed / 30;
        assert_true(file_write(clip, copy, left, 0600, NULL));
        struct film_facts facts;
        struct err err = {.text = ""};
        struct film *film = film_open(clip, NULL, &facts, &err);
        for (int n = 0; film && n < 48; n++)
            number(film, n / 24.0);
        if (film)
            played++;
        else
            assert_true(err.text[0]);
        film_close(film);
        free(copy);
    }
    assert_true(played > 4);
    free(bytes);
}

// As an MP4 that stops arriving: its pictures are listed, and not all there.
static void test_cut_off(void **state)
{
    (void)state;
    make("mp4", "-vf noise=alls=30 -c:v libx264 -g 5 -crf 1"
                " -movflags +faststart");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    assert_true(file_write(clip, bytes, len * 7 / 10, 0600, NULL));
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    assert_true(number(film, 0) < 5);
    int last = number(film, 1.99);
    if (last < 10 || last > 45)
        fail_msg("ends with %d", last);
    film_close(film);
    free(bytes);
}

// A second of large pictures needs no more memory than some of them.
static void test_memory(void **state)
{
    (void)state;
    name_clip("large.mp4");
    ffmpeg_to(clip, "-f lavfi -i testsrc=s=1920x1080:r=24:d=3 -c:v libx264"
                    " -preset ultrafast");
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    uint8_t rgb[64 * 36 * 3];
    struct err err;
    struct rusage before, after;
    assert_true(film_read(film, 0.5, 64, 36, FILM_SMALL, rgb, &err));
    getrusage(RUSAGE_SELF, &before);
    for (int n = 13; n < 72; n++)
        assert_true(film_read(film, n / 24.0, 64, 36, FILM_SMALL, rgb, &err));
    getrusage(RUSAGE_SELF, &after);
    film_close(film);
    // 59 pictures of 3 MiB, were they kept.
    assert_true(after.ru_maxrss - before.ru_maxrss < 100 * 1024);
}

static void test_many_pictures(void **state)
{
    (void)state;
    name_clip("many.mp4");
    ffmpeg_to(clip, "-f lavfi -i color=s=32x32:r=1000:d=15.1 -c:v mpeg4");
    expect_refused("more than 15000 pictures");
}

// A file of a few kilobytes that says it has millions of samples.
static void test_index(void **state)
{
    (void)state;
    make("mp4", "-c:v libx264");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    char *sizes = memmem(bytes, len, "stsz", 4);
    char *chunks = memmem(bytes, len, "stsc", 4);
    assert_non_null(sizes);
    assert_non_null(chunks);
    memcpy(sizes + 8, "\0\0\0\1\1\0\0\0", 8); // 1 byte each, 2^24 of them
    memcpy(chunks + 16, "\1\0\0\0", 4);       // all of them in a chunk
    assert_true(file_write(clip, bytes, len, 0600, NULL));
    free(bytes);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    expect_refused("no pictures");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 300 * 1024);
}

// A picture that would be decoded for minutes is left out.
static void test_repeats(void **state)
{
    (void)state;
    char *words = xasprintf("-i %s/one.jpg -c copy", dir);
    snprintf(clip, sizeof(clip), "%s/one.jpg", dir);
    ffmpeg_to(clip, "-f lavfi -i testsrc=s=64x64:r=1:d=1 -frames:v 1");
    size_t len;
    char *bytes = file_read(clip, 1 << 24, &len, NULL);
    assert_non_null(bytes);
    name_clip("mov");
    ffmpeg_to(clip, words);
    struct film_facts facts;
    film_close(open_clip(&facts));

    enum { SCANS = 200 };
    bytes = xrealloc(bytes, len + 2 * SCANS);
    for (int i = 0; i < SCANS; i++, len += 2)
        memcpy(bytes + len - 2, "\xff\xda\xff\xd9", 4);
    snprintf(clip, sizeof(clip), "%s/one.jpg", dir);
    assert_true(file_write(clip, bytes, len, 0600, NULL));
    name_clip("mov");
    ffmpeg_to(clip, words);
    expect_refused("no picture of the clip decodes");
    free(words);
    free(bytes);
}

struct patience {
    int asked, most;
};

static bool asked(void *arg)
{
    struct patience *p = arg;
    return ++p->asked <= p->most;
}

// It ends at the next picture, whether it is opened or read.
static void test_watch(void **state)
{
    (void)state;
    make("mp4", "-c:v libx264 -g 10");
    struct patience endless = {0, 1 << 30};
    struct film_watch watch = {asked, &endless};
    struct film_facts facts;
    struct err err = {.text = ""};
    uint8_t rgb[32 * 24 * 3];
    struct film *film = film_open(clip, &watch, &facts, &err);
    assert_non_null(film);
    int opened = endless.asked;
    assert_true(opened > 2 * FPS); // once for each picture, at the least
    for (int most = 0; most < opened; most += 9) {
        struct patience some = {0, most};
        watch.arg = &some;
        assert_null(film_open(clip, &watch, &facts, &err));
        assert_int_equal(err.kind, ERR_GATEWAY);
        assert_int_equal(some.asked, most + 1);
    }
    endless.most = opened + 5;
    assert_false(film_read(film, 1.9, 32, 24, FILM_SOFT, rgb, &err));
    assert_int_equal(err.kind, ERR_GATEWAY);
    assert_int_equal(endless.asked, opened + 6);
    assert_false(film_read(film, 2, 32, 24, FILM_SOFT, rgb, &err));
    film_close(film);
}

// The planes of a picture beside those of its colours: how far they are apart.
static double apart(struct film *film, int width, int height)
{
    size_t n = yuv_size(width, height);
    uint8_t *rgb = xmalloc(2 * n), *wanted = xmalloc(n), *got = xmalloc(n);
    struct yuv_planes a = yuv_in(wanted, width, height);
    struct yuv_planes b = yuv_in(got, width, height);
    struct err err = {.text = ""};
    if (!film_read(film, 0.5, width, height, FILM_SOFT, rgb, &err) ||
        !film_read_planes(film, 0.5, width, height, FILM_SOFT, &b, &err))
        fail_msg("%s", err.text);
    yuv_from_rgb(rgb, width, height, &a);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += abs(wanted[i] - got[i]);
    free(rgb);
    free(wanted);
    free(got);
    return sum / (double)n;
}

// Whatever the film says of its colours, and whichever way up it is.
static void test_planes(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "-c:v libx264",
        "-c:v libx264 -colorspace bt709 -color_range tv",
        "-c:v libx264 -colorspace bt709 -pix_fmt yuv444p",
        "-c:v libx264 -colorspace bt709 -pix_fmt yuvj420p",
        "-vf setsar=2 -c:v libx264 -colorspace bt709",
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        name_clip("mp4");
        char *words = xasprintf("-f lavfi -i testsrc2=size=%dx%d:rate=%d:"
                                "duration=1 -pix_fmt yuv420p %s",
                                WIDTH, HEIGHT, FPS, ways[i]);
        ffmpeg_to(clip, words);
        free(words);
        struct film_facts facts;
        struct film *film = open_clip(&facts);
        assert_true(apart(film, WIDTH, HEIGHT) < 4);
        assert_true(apart(film, 2 * WIDTH, 2 * HEIGHT) < 4);
        assert_true(apart(film, WIDTH / 2, HEIGHT / 2) < 4);
        film_close(film);
    }
    char *lying = xasprintf("%s/lying.mp4", dir);
    assert_int_equal(rename(clip, lying), 0);
    char *words = xasprintf("-i %s -c copy -metadata:s:v rotate=90", lying);
    ffmpeg_to(clip, words);
    struct film_facts facts;
    struct film *film = open_clip(&facts);
    assert_true(apart(film, HEIGHT, WIDTH) == 0);
    film_close(film);
    free(words);
    free(lying);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_changing_rate),
        cmocka_unit_test(test_one_picture),
        cmocka_unit_test(test_the_right_way_up),
        cmocka_unit_test(test_square_pixels),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_many_pictures),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_planes),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
