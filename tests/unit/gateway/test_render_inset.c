// The film that somebody moves by, in its corner.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/mem.h"
#include "gateway/render_inset.h"
#include "media/encode.h"
#include "takes.h"

#define WIDTH 320
#define HEIGHT 180
#define FRAMES 12
#define LONG 100000 // frames: more than are kept

static char clip[96];

// A film that becomes lighter from picture to picture.
static void write_clip(void)
{
    struct err err = {.text = ""};
    struct encoder *e = encoder_open(clip, WIDTH, HEIGHT, RENDER_FPS, &err);
    uint8_t *rgb = xmalloc(WIDTH * HEIGHT * 3);
    for (int i = 0; i < FRAMES; i++) {
        memset(rgb, 20 + 16 * i, WIDTH * HEIGHT * 3);
        if (!encoder_put(e, rgb, &err))
            fail_msg("%s", err.text);
    }
    if (!encoder_finish(e, &err))
        fail_msg("%s", err.text);
    free(rgb);
}

static struct film *open_film(struct film_facts *facts)
{
    struct err err = {.text = ""};
    struct film *film = film_open(clip, NULL, facts, &err);
    if (!film)
        fail_msg("%s", err.text);
    return film;
}

static void draw(struct inset *inset, struct film *film, int i, uint8_t *bytes)
{
    struct err err = {.text = ""};
    struct yuv_planes planes = yuv_in(bytes, WIDTH, HEIGHT);
    memset(bytes, 50, yuv_size(WIDTH, HEIGHT));
    if (!inset_draw(inset, film, i, (double)i / RENDER_FPS, 256, &planes, &err))
        fail_msg("%s", err.text);
}

// Light in the middle of the inset, and of the frame.
static int light_of(const uint8_t *bytes, bool inset)
{
    int x = inset ? WIDTH * 85 / 100 : WIDTH / 2, y = HEIGHT / 6;
    return bytes[(inset ? y : HEIGHT / 2) * WIDTH + x];
}

// A film whose pictures are kept is the same as one that is read again.
static void test_kept_or_read(void **state)
{
    (void)state;
    struct film_facts facts;
    struct err err = {.text = ""};
    struct film *film = open_film(&facts);
    struct inset *kept = inset_new(&facts, WIDTH, HEIGHT, FRAMES);
    struct inset *long_one = inset_new(&facts, WIDTH, HEIGHT, LONG);
    assert_true(inset_keeps(kept));
    assert_false(inset_keeps(long_one));
    for (int i = 0; i < FRAMES; i++) {
        double time = (double)i / RENDER_FPS;
        assert_true(inset_keep(kept, film, i, time, &err));
        assert_true(inset_keep(long_one, film, i, time, &err));
    }
    film_close(film);
    film = open_film(&facts);
    uint8_t *a = xmalloc(yuv_size(WIDTH, HEIGHT));
    uint8_t *b = xmalloc(yuv_size(WIDTH, HEIGHT));
    int before = 0;
    for (int i = 0; i < FRAMES; i++) {
        draw(kept, NULL, i, a);
        draw(long_one, film, i, b);
        assert_memory_equal(a, b, yuv_size(WIDTH, HEIGHT));
        assert_true(light_of(a, true) > before + 5);
        assert_int_equal(light_of(a, false), 50);
        before = light_of(a, true);
    }
    free(a);
    free(b);
    inset_free(kept);
    inset_free(long_one);
    film_close(film);
}

// The pictures in two sizes, and in two kinds, do not get in each other's way.
static void test_sizes_in_turns(void **state)
{
    (void)state;
    struct film_facts facts;
    struct err err = {.text = ""};
    struct film *both = open_film(&facts), *one = open_film(&facts);
    uint8_t small[3 * 64 * 36], large[3 * 160 * 90], alone[3 * 160 * 90];
    for (int i = 0; i < FRAMES; i++) {
        double time = (double)i / RENDER_FPS;
        assert_true(film_read(both, time, 64, 36, FILM_SMALL, small, &err));
        assert_true(film_read(both, time, 160, 90, FILM_SOFT, large, &err));
        assert_true(film_read(one, time, 160, 90, FILM_SOFT, alone, &err));
        assert_memory_equal(large, alone, sizeof(large));
        assert_true(abs(small[0] - large[0]) < 3);
    }
    film_close(both);
    film_close(one);
}

static int set_up(void **state)
{
    if (make_dir(state) != 0)
        return -1;
    snprintf(clip, sizeof(clip), "%s/film.mp4", dir);
    write_clip();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_or_read),
        cmocka_unit_test(test_sizes_in_turns),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
