// The previz renderer: the same spec gives the same clip, and every axis of the
// motion moves the picture.

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "media/check.h"
#include "takes.h"

static struct render_spec spec_of(const char *prompt)
{
    return (struct render_spec){.prompt = prompt,
                                .model = "gen2",
                                .width = 192,
                                .height = 108,
                                .seconds = 1,
                                .seed = -1,
                                .strength = -1};
}

static void hash_of(const char *path, char out[HASH_HEX])
{
    struct err err = {.kind = ERR_NONE};
    if (!hash_file(path, out, NULL, &err))
        fail_msg("%s", err.text);
}

static int remove_dir(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

static void test_facts(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("a lighthouse at dusk");
    struct take t = render(&spec, "facts");
    struct media_facts facts;
    struct err err = {.kind = ERR_NONE};
    if (!media_check(t.clip, &facts, &err))
        fail_msg("%s", err.text);
    assert_int_equal(facts.width, 192);
    assert_int_equal(facts.height, 108);
    assert_int_equal(facts.frames, 24);
    assert_true(facts.seconds > 0.99 && facts.seconds < 1.01);
    assert_string_equal(facts.codec, "h264");
    assert_string_equal(facts.ext, "mp4");
    assert_false(facts.has_audio);
    struct image first = picture(t.poster), last = picture(t.last);
    assert_int_equal(first.width, 192);
    assert_int_equal(last.height, 108);
    free(first.rgb);
    free(last.rgb);
}

static void test_same_bytes(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("a city at night");
    spec.motion[RENDER_X] = 3;
    spec.motion[RENDER_R] = -2;
    struct take a = render(&spec, "same-a"), b = render(&spec, "same-b");
    char x[HASH_HEX], y[HASH_HEX];
    hash_of(a.clip, x);
    hash_of(b.clip, y);
    assert_string_equal(x, y);
    hash_of(a.last, x);
    hash_of(b.last, y);
    assert_string_equal(x, y);
    spec.seed = 7;
    struct take c = render(&spec, "same-c");
    assert_true(difference(a.poster, c.poster) > 1);
}

static void *render_thread(void *arg)
{
    struct render_spec spec = spec_of("snow in the morning");
    spec.motion[RENDER_Z] = 4;
    *(struct take *)arg = render(&spec, ((struct take *)arg)->clip);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    enum { N = 3 };
    pthread_t threads[N];
    struct take takes[N];
    char first[HASH_HEX], other[HASH_HEX];
    for (int i = 0; i < N; i++) {
        snprintf(takes[i].clip, sizeof(takes[i].clip), "thread-%d", i);
        pthread_create(&threads[i], NULL, render_thread, &takes[i]);
    }
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    hash_of(takes[0].clip, first);
    for (int i = 1; i < N; i++) {
        hash_of(takes[i].clip, other);
        assert_string_equal(first, other);
    }
}

static void check_axes(struct render_spec spec, const char *what)
{
    char name[64];
    snprintf(name, sizeof(name), "%s-still", what);
    struct take still = render(&spec, name);
    for (int axis = 0; axis < RENDER_AXES; axis++) {
        struct take moved[2];
        for (int i = 0; i < 2; i++) {
            spec.motion[axis] = i ? -6 : 6;
            snprintf(name, sizeof(name), "%s-%d-%d", what, axis, i);
            moved[i] = render(&spec, name);
            // Every move starts from the same picture.
            assert_true(difference(still.poster, moved[i].poster) == 0);
            double d = difference(still.last, moved[i].last);
            if (d < 0.5)
                fail_msg("%s: axis %d by %g changes only %g", what, axis,
                         spec.motion[axis], d);
        }
        spec.motion[axis] = 0;
        assert_true(difference(moved[0].last, moved[1].last) > 0.5);
    }
}

static void test_axes(void **state)
{
    (void)state;
    check_axes(spec_of("a lighthouse at dusk"), "sea");
    check_axes(spec_of("a village in the meadow"), "meadow");
}

// Near things move more than the far ones.
static void test_parallax(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("a desert, noon");
    struct take still = render(&spec, "near-still");
    spec.motion[RENDER_X] = 10;
    struct take moved = render(&spec, "near-moved");
    struct image a = picture(still.last), b = picture(moved.last);
    long sky = 0, ground = 0, rows = 20L * 192 * 3, below = 60L * 192 * 3;
    for (long i = 0; i < rows; i++) {
        sky += labs((long)a.rgb[i] - b.rgb[i]);
        ground += labs((long)a.rgb[below + i] - b.rgb[below + i]);
    }
    assert_true(ground > 4 * sky);
    free(a.rgb);
    free(b.rgb);
}

// Mean difference of a colour in the lower part, where the words are.
static double below(const struct image *a, const struct image *b)
{
    size_t all = (size_t)a->width * (size_t)a->height * 3, from = all * 7 / 10;
    long sum = 0;
    for (size_t i = from; i < all; i++)
        sum += labs((long)a->rgb[i] - b->rgb[i]);
    return (double)sum / (double)(all - from);
}

static struct image frame_of(const struct take *t, enum frame_which which,
                             double seconds)
{
    struct frame_pick pick = {which, seconds};
    struct err err = {.text = ""};
    char path[128];
    int width, height;
    snprintf(path, sizeof(path), "%s/frame.png", dir);
    if (!media_frame(t->clip, &pick, path, &width, &height, &err))
        fail_msg("%s", err.text);
    return picture(path);
}

// The words come after the first picture and go before the last.
static void test_words_come_and_go(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("WWWWWWWWWWWW");
    struct take t = render(&spec, "words");
    struct image poster = picture(t.poster), last = picture(t.last);
    struct image first = frame_of(&t, FRAME_FIRST, 0);
    struct image middle = frame_of(&t, FRAME_AT, 0.5);
    struct image end = frame_of(&t, FRAME_LAST, 0);
    assert_true(below(&poster, &first) < 3);
    assert_true(below(&last, &end) < 3);
    assert_true(below(&first, &middle) > 10);
    assert_true(below(&end, &middle) > 10);
    struct image *all[] = {&poster, &last, &first, &middle, &end};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        free(all[i]->rgb);
}

static void test_image(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("a pier");
    struct take first = render(&spec, "source");
    struct err err = {.kind = ERR_NONE};
    size_t len;
    char *bytes = file_read(first.last, IMAGE_BYTES_MAX, &len, &err);
    assert_non_null(bytes);
    spec.image = (struct render_bytes){bytes, len};
    check_axes(spec, "image");
    // The image is the first picture, pixel by pixel: a chain has no jump.
    spec.motion[RENDER_Z] = -5, spec.motion[RENDER_R] = 7;
    struct take next = render(&spec, "next");
    assert_same_picture(first.last, next.poster);
    spec.motion[RENDER_Z] = spec.motion[RENDER_R] = 0;
    // Another shape, far smaller and far larger.
    spec.width = 108, spec.height = 192;
    spec.motion[RENDER_R] = 20, spec.motion[RENDER_X] = -20;
    render(&spec, "portrait");
    spec.image = (struct render_bytes){"not an image", 12};
    assert_refused(&spec, ERR_FORMAT, &err);
    free(bytes);
}

static void test_prompts(void **state)
{
    (void)state;
    static const char *const prompts[] = {
        "",
        "雪山下的灯塔,黄昏",
        ("\xf0\x9f\x8c\x8a\xf0\x9f\x9a\xa2 emoji, "
         "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"),
        "broken \xff\xfe\xc3",
        "a pine forest in the fog",
    };
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts); i++) {
        struct render_spec spec = spec_of(prompts[i]);
        spec.seconds = 0.25;
        render(&spec, "prompt");
    }
    char *length = xmalloc(20001);
    memset(length, 'w', 20000);
    length[20000] = '\0';
    struct render_spec spec = spec_of(length);
    spec.seconds = 0.1;
    render(&spec, "long");
    free(length);
}

// Far beyond what a recipe asks for, every axis at once, and upside down.
static void test_extremes(void **state)
{
    (void)state;
    static const char *const prompts[] = {"city", "sea", "forest", "snow"};
    for (int i = 0; i < 8; i++) {
        struct render_spec spec = spec_of(prompts[i % 4]);
        spec.width = 96, spec.height = 64;
        spec.seconds = i < 6 ? 1 : RENDER_SECONDS_MAX;
        for (int axis = 0; axis < RENDER_AXES; axis++)
            spec.motion[axis] = i % 2 ? 1e9 : -20;
        render(&spec, "extreme");
    }
}

static bool stop_early(void *arg, double done)
{
    assert_true(done > 0 && done <= 1);
    return ++*(int *)arg < 3;
}

static void test_stop(void **state)
{
    (void)state;
    struct render_spec spec = spec_of("a meadow");
    struct take t = take_named("stop");
    struct err err = {.kind = ERR_NONE};
    int calls = 0;
    assert_false(render_clip(&spec, t.clip, t.poster, t.last, stop_early,
                             &calls, &t.facts, &err));
    assert_int_equal(calls, 3);
    assert_false(path_exists(t.clip));
    assert_false(path_exists(t.poster));
    spec.seconds = 0;
    assert_refused(&spec, ERR_FORMAT, &err);
    spec = spec_of("a meadow");
    spec.motion[RENDER_X] = 0.0 / 0.0;
    assert_refused(&spec, ERR_FORMAT, &err);
    spec = spec_of("a meadow");
    struct take nowhere = take_named("no/such/folder");
    assert_false(render_clip(&spec, nowhere.clip, nowhere.poster, nowhere.last,
                             NULL, NULL, &nowhere.facts, &err));
    assert_int_equal(err.kind, ERR_DISK);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *ratio;
        bool draft;
        int width, height; // 0: refused
    } cases[] = {
        {"16:9", false, 1280, 720},
        {"9:16", false, 720, 1280},
        {"1:1", false, 960, 960},
        {"4:3", false, 1104, 832},
        {"3:4", false, 832, 1104},
        {"21:9", false, 1584, 672},
        {"1280:720", false, 1280, 720},
        {"64:1920", false, 64, 1920},
        {"16:9", true, 320, 180},
        {"9:16", true, 180, 320},
        {"1:1", true, 320, 320},
        {"21:9", true, 320, 136},
        {"1281:720", false, 0, 0},
        {"62:720", false, 0, 0},
        {"1280:1922", false, 0, 0},
        {"5:4", false, 0, 0},
        {"", false, 0, 0},
        {"1280", false, 0, 0},
        {"1280:720 ", false, 0, 0},
        {"1280: 720", false, 0, 0},
        {"-64:64", false, 0, 0},
        {"99999999999999999999:64", false, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int w = 0, h = 0;
        bool ok = render_size(cases[i].ratio, cases[i].draft, &w, &h);
        if (ok != (cases[i].width > 0) ||
            (ok && (w != cases[i].width || h != cases[i].height)))
            fail_msg("%s: %dx%d", cases[i].ratio, w, h);
    }
}

// As large as it may be, in its own shape.
static void test_sizes_like(void **state)
{
    (void)state;
    static const int cases[][6] = {
        // width, height, grow, most: width, height
        {640, 360, 1, 1920, 640, 360},     {641, 359, 1, 1920, 642, 360},
        {640, 360, 2, 3840, 1280, 720},    {4096, 2160, 1, 1920, 1920, 1012},
        {1080, 1920, 4, 3840, 2160, 3840}, {1, 1, 1, 1920, 64, 64},
        {4096, 1, 1, 1920, 1920, 64},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const int *c = cases[i];
        int w = 0, h = 0;
        render_size_like(c[0], c[1], c[2], c[3], &w, &h);
        if (w != c[4] || h != c[5])
            fail_msg("%dx%d: %dx%d", c[0], c[1], w, h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_parallax),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_words_come_and_go),
        cmocka_unit_test(test_prompts),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_like),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
