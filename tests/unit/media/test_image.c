// Still images in and out, and words drawn into a mask.

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
#include "media/image.h"
#include "media/text.h"

static char path[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/tarmac-image-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void test_png_round(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {33, 17}, {320, 180}, {7, 301}};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        int w = sizes[s][0], h = sizes[s][1];
        size_t n = (size_t)w * (size_t)h * 3, len;
        uint8_t *rgb = xmalloc(n);
        for (size_t i = 0; i < n; i++)
            rgb[i] = (uint8_t)(i * 7 + i / 300);
        struct err err = {.kind = ERR_NONE};
        if (!image_write_png(path, rgb, w, h, &err))
            fail_msg("%s", err.text);
        char *bytes = file_read(path, IMAGE_BYTES_MAX, &len, &err);
        assert_non_null(bytes);
        struct image image;
        if (!image_decode(bytes, len, &image, &err))
            fail_msg("%dx%d: %s", w, h, err.text);
        assert_int_equal(image.width, w);
        assert_int_equal(image.height, h);
        assert_memory_equal(image.rgb, rgb, n);
        for (size_t cut = 0; cut < len; cut += 1 + len / 40) {
            struct image part;
            if (image_decode(bytes, cut, &part, &err))
                free(part.rgb); // what libav could make of it
        }
        free(image.rgb);
        free(bytes);
        free(rgb);
    }
}

static const uint8_t jpeg_start[] = {0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F'};

static void test_refused(void **state)
{
    (void)state;
    static const char gif[] = "GIF89a\x01\x00\x01\x00\x00\x00\x00;";
    static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    static const char png[] = "\x89PNG\r\n\x1a\n and then nothing of it";
    static const char webp[] = "RIFF\x04\x00\x00\x00WEBPVP8 ";
    // A PNG of 60000 x 60000 pixels, by its header.
    static const uint8_t huge[] = {
        0x89, 'P',  'N', 'G', 13,  10, 26, 10,   0,    0,    0,
        13,   'I',  'H', 'D', 'R', 0,  0,  0xea, 0x60, 0,    0,
        0xea, 0x60, 8,   2,   0,   0,  0,  0x1d, 0x5b, 0x0c, 0x34};
    const struct {
        const void *bytes;
        size_t len;
    } cases[] = {
        {"", 0},
        {gif, sizeof(gif) - 1},
        {svg, sizeof(svg) - 1},
        {png, sizeof(png) - 1},
        {webp, sizeof(webp) - 1},
        {jpeg_start, sizeof(jpeg_start)},
        {huge, sizeof(huge)},
        {huge, (size_t)IMAGE_BYTES_MAX + 1}, // refused before it is read
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct image image;
        struct err err = {.kind = ERR_NONE};
        assert_false(image_decode(cases[i].bytes, cases[i].len, &image, &err));
        assert_int_equal(err.kind, ERR_FORMAT);
    }
    struct err err = {.kind = ERR_NONE};
    uint8_t rgb[3] = {1, 2, 3};
    assert_false(image_write_png("/nonexistent/a.png", rgb, 1, 1, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static int inked(const struct text_mask *mask, int from, int to)
{
    int n = 0;
    for (int y = 0; y < mask->height; y++)
        for (int x = from; x < to; x++)
            n += mask->at[y * mask->width + x] > 128;
    return n;
}

static void test_text(void **state)
{
    (void)state;
    struct text_font *font = text_font_open(16);
    if (!font) {
        skip();
        return;
    }
    static const char *const lines[] = {"hello", "灯塔",
                                        "\xd0\xbc\xd0\xb0\xd1\x8f\xd0\xba",
                                        "\xf0\x9f\x8c\x8a", "\xff\xfe"};
    struct text_mask mask = {.width = 200, .height = 20};
    mask.at = xmalloc(200 * 20);
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        memset(mask.at, 0, 200 * 20);
        text_draw(font, &mask, 4, 2, 190, lines[i]);
        assert_true(inked(&mask, 0, 200) > 4);
        assert_true(text_width(font, lines[i]) > 0);
    }
    // A long line stays in its room.
    memset(mask.at, 0, 200 * 20);
    text_draw(font, &mask, 0, 2, 100,
              "much more than there could be room for in so little space");
    assert_true(inked(&mask, 60, 101) > 4);
    assert_int_equal(inked(&mask, 101, 200), 0);
    // Outside of the mask is nowhere.
    text_draw(font, &mask, -50, -8, 1000, "away");
    text_draw(font, &mask, 190, 15, 1000, "away");
    free(mask.at);
    text_font_close(font);
    text_draw(NULL, NULL, 0, 0, 0, "no font, no text");
}

// A few bytes that say "go over it again", so often that it never ends.
static void test_repeats(void **state)
{
    (void)state;
    enum { SCANS = 5000, SCAN = 12 };
    static char bytes[SCANS * SCAN];
    for (size_t i = 0; i < SCANS; i++)
        memcpy(bytes + i * SCAN, "\xff\xda", 2);
    memcpy(bytes, "\xff\xd8\xff", 3);
    struct image image;
    struct err err = {.text = ""};
    assert_false(image_decode(bytes, sizeof(bytes), &image, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_non_null(strstr(err.text, "too many scans"));
    assert_false(image_repeats(bytes, (size_t)100 * SCAN));
    assert_true(image_repeats(bytes, (size_t)110 * SCAN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png_round),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
