// Montages: each tile at its place, in its colours, for as long as it should.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ffmpeg.h"

#include "base/file.h"
#include "base/path.h"
#include "data/json.h"
#include "media/film.h"
#include "media/jpeg.h"
#include "media/tile.h"
#include "media/visual.h"
#include "media/wall.h"

#define WIDTH 320
#define HEIGHT 240

static char dir[64];

static char *place(const char *name)
{
    return path_join(dir, name);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/tarmac-wall-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"a.mp4",  "b.mp4", "ta.mp4",
                                        "tb.mp4", "o.mp4", "again.mp4",
                                        "o.jpg",  "t.jpg"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char *path = place(names[i]);
        unlink(path);
        free(path);
    }
    return rmdir(dir);
}

// A clip of one colour, then another.
static void make(const char *name, const char *words)
{
    char *path = place(name);
    ffmpeg_to(path, words);
    free(path);
}

static double tile(const char *from, const char *to, int width, int height)
{
    char *path = place(from), *out = place(to);
    struct err err = {.text = ""};
    double seconds = 0;
    if (!tile_make(path, width, height, out, &seconds, &err))
        fail_msg("%s", err.text);
    free(path);
    free(out);
    return seconds;
}

static struct sheet open_sheet(const char *a, const char *b)
{
    char *text = xasprintf(
        "{\"width\":%d,\"height\":%d,\"px\":16,"
        "\"texts\":[{\"x\":10,\"y\":10,\"room\":100,\"px\":16,\"dim\":\"x\","
        "\"text\":\"\u05e9\u05dc\u05d5\u05dd and far more than there is room "
        "for\"}],"
        "\"cells\":[{\"x\":16,\"y\":60,\"width\":96,\"height\":64,\"file\":"
        "\"%s/%s\"},{\"x\":128,\"y\":60,\"width\":96,\"height\":64,\"file\":"
        "\"%s/%s\"},{\"x\":16,\"y\":140,\"width\":96,\"height\":64,\"dim\":"
        "\"failed\",\"text\":\"moderation: it was refused, and so on, for as "
        "long as there is something to say about it\"}]}",
        WIDTH, HEIGHT, dir, a, dir, b);
    struct err err = {.text = ""};
    struct value *spec = json_read(text, strlen(text), JSON_STRICT, &err);
    free(text);
    struct sheet sheet;
    if (!spec || !sheet_open(&sheet, spec, &err))
        fail_msg("%s", err.text);
    // It borrows the names of its files.
    for (size_t i = 0; i < sheet.n; i++)
        if (sheet.cells[i].file)
            sheet.cells[i].file = xstrdup(sheet.cells[i].file);
    value_free(spec);
    return sheet;
}

static void close_sheet(struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->n; i++)
        free((char *)(uintptr_t)sheet->cells[i].file);
    sheet_close(sheet);
}

static void expect_colour(const uint8_t *rgb, int x, int y, uint32_t colour)
{
    const uint8_t *at = rgb + 3 * (y * WIDTH + x);
    for (int c = 0; c < 3; c++)
        assert_in_range(at[c] + 8, (colour >> (16 - 8 * c)) & 255,
                        ((colour >> (16 - 8 * c)) & 255) + 16);
}

// Something is written in the box, and nothing right of it.
static void expect_words(const uint8_t *rgb, int x, int y, int width,
                         int height)
{
    int bright = 0, beyond = 0;
    for (int py = y; py < y + height; py++)
        for (int px = x; px < x + width + 12; px++)
            *(px < x + width ? &bright : &beyond) +=
                rgb[3 * (py * WIDTH + px)] > 120;
    assert_in_range(bright, 60, width * height / 2);
    assert_int_equal(beyond, 0);
}

static bool count(void *arg, double part)
{
    assert_true(part > *(double *)arg && part <= 1);
    *(double *)arg = part;
    return true;
}

static bool nobody(void *arg, double part)
{
    (void)arg, (void)part;
    return false;
}

static void test_wall(void **state)
{
    (void)state;
    // Twice as wide as its tile, for half a second; and high, for one.
    make("a.mp4",
         "-f lavfi -i color=0xc83020:size=192x128:rate=10:duration=0.5 "
         "-c:v libx264 -pix_fmt yuv420p");
    make("b.mp4", "-f lavfi -i color=0x2038c8:size=64x128:rate=24:duration=0.5 "
                  "-f lavfi -i color=0x30a040:size=64x128:rate=24:duration=0.5 "
                  "-filter_complex concat=n=2 -c:v libx264 -pix_fmt yuv420p");
    assert_float_equal(tile("a.mp4", "ta.mp4", 96, 64), 0.5, 0.01);
    assert_float_equal(tile("b.mp4", "tb.mp4", 96, 64), 1, 0.01);
    struct err err = {.text = ""};
    char *out = place("o.mp4"), *again = place("again.mp4");
    for (int i = 0; i < 2; i++) {
        struct sheet sheet = open_sheet("ta.mp4", "tb.mp4");
        double part = 0;
        if (!wall_film(&sheet, i ? again : out, count, &part, &err))
            fail_msg("%s", err.text);
        assert_float_equal(part, 1, 1e-9);
        close_sheet(&sheet);
    }
    size_t len, len_again;
    char *bytes = file_read(out, 1 << 24, &len, &err);
    char *bytes_again = file_read(again, 1 << 24, &len_again, &err);
    assert_int_equal(len, len_again);
    assert_memory_equal(bytes, bytes_again, len);
    free(bytes);
    free(bytes_again);

    struct film_facts facts;
    struct film *film = film_open(out, NULL, &facts, &err);
    assert_non_null(film);
    assert_int_equal(facts.width, WIDTH);
    assert_int_equal(facts.height, HEIGHT);
    assert_float_equal(facts.seconds, 1, 0.01);
    uint8_t *rgb = xmalloc(3 * WIDTH * HEIGHT);
    assert_true(film_read(film, 0, WIDTH, HEIGHT, FILM_SOFT, rgb, &err));
    expect_colour(rgb, 24, 70, 0xc83020);
    expect_colour(rgb, 128 + 48, 92, 0x2038c8);
    expect_colour(rgb, 128 + 10, 92, 0x1e2127); // beside the high one
    expect_words(rgb, 10, 10, 100, 20);
    expect_words(rgb, 16, 140, 96, 64);
    // The short one is still there when it is over.
    assert_true(film_read(film, 0.96, WIDTH, HEIGHT, FILM_SOFT, rgb, &err));
    expect_colour(rgb, 24, 70, 0xc83020);
    expect_colour(rgb, 128 + 48, 92, 0x30a040);
    free(rgb);
    film_close(film);

    struct sheet sheet = open_sheet("ta.mp4", "tb.mp4");
    assert_false(wall_film(&sheet, out, nobody, NULL, &err));
    assert_false(path_exists(out));
    close_sheet(&sheet);
    free(out);
    free(again);
}

static void test_still(void **state)
{
    (void)state;
    uint8_t *rgb = xmalloc(3 * 64 * 64);
    for (int i = 0; i < 64 * 64; i++)
        memcpy(rgb + 3 * i, "\xc8\x30\x20", 3);
    struct image small = {64, 64, rgb};
    char *tile = place("t.jpg"), *out = place("o.jpg");
    struct err err = {.text = ""};
    assert_true(jpeg_write(tile, &small, &err));
    free(rgb);
    struct sheet sheet = open_sheet("t.jpg", "t.jpg");
    double part = 0;
    if (!sheet_still(&sheet, out, count, &part, &err))
        fail_msg("%s", err.text);
    close_sheet(&sheet);
    size_t len;
    char *bytes = file_read(out, 1 << 24, &len, &err);
    struct image image;
    assert_true(image_decode(bytes, len, &image, &err));
    free(bytes);
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    expect_colour(image.rgb, 16 + 48, 92, 0xc83020);
    expect_colour(image.rgb, 128 + 48, 92, 0xc83020);
    expect_colour(image.rgb, 128 + 6, 92, 0x1e2127);
    expect_colour(image.rgb, 16 + 90, 200, 0x1e2127); // the failed one's box
    expect_colour(image.rgb, 300, 230, 0x15171c);
    expect_words(image.rgb, 16, 140, 96, 64);
    free(image.rgb);
    free(tile);
    free(out);
}

// A line breaks at its space, which needs no room: nothing is cut.
static void test_paragraph(void **state)
{
    (void)state;
    struct text_font *font = text_font_open(16);
    int room = text_width(font, "ten (of 4)");
    struct image a, b;
    canvas_open(&a, WIDTH, HEIGHT, 0);
    canvas_open(&b, WIDTH, HEIGHT, 0);
    canvas_paragraph(&a, font, (struct canvas_box){5, 5, room, 60}, 20,
                     0xffffff, "ten (of 4) and wide-words then");
    static const char *const lines[] = {"ten (of 4)", "and", "wide-word…"};
    for (int i = 0; i < 3; i++)
        canvas_text(&b, font, (struct canvas_box){5, 5 + 20 * i, room, 20},
                    0xffffff, lines[i]);
    assert_memory_equal(a.rgb, b.rgb, 3 * WIDTH * HEIGHT);
    free(a.rgb);
    free(b.rgb);
    text_font_close(font);
}

static void test_what_is_read_from_the_right(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"a pier, 12", "a pier, 12"},
        {"שלום עולם, a pier", "םלוע םולש, a pier"},
        {"a (שלום 12 עולם) b", "a (םלוע 12 םולש) b"},
        {"12 שלום", "12 םולש"},
        {"a\u200d\u202eb\ufe0f", "ab"},
        {"مرحبا", "ابحرم"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *seen = visual_text(cases[i][0]);
        assert_string_equal(seen, cases[i][1]);
        free(seen);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    struct err err;
    double seconds;
    char *path = place("a.mp4"), *out = place("ta.mp4");
    assert_true(file_write(path, "not a clip", 10, 0600, NULL));
    unlink(out);
    assert_false(tile_make(path, 96, 64, out, &seconds, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_false(path_exists(out));
    make("a.mp4", "-f lavfi -i color=red:size=64x64:rate=24:duration=0.1 "
                  "-c:v libx264 -pix_fmt yuv420p");
    assert_false(tile_make(path, 96, 64, "/none/x.mp4", &seconds, &err));
    assert_int_equal(err.kind, ERR_DISK);
    static const char *const bad[] = {
        "{}", "{\"width\":99999,\"height\":1,\"px\":16}",
        "{\"width\":64,\"height\":64,\"px\":16,\"cells\":[{\"x\":-1}]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct value *spec =
            json_read(bad[i], strlen(bad[i]), JSON_STRICT, &err);
        struct sheet sheet;
        assert_false(sheet_open(&sheet, spec, &err));
        assert_int_equal(err.kind, ERR_FORMAT);
        value_free(spec);
    }
    free(path);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall),
        cmocka_unit_test(test_still),
        cmocka_unit_test(test_paragraph),
        cmocka_unit_test(test_what_is_read_from_the_right),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
