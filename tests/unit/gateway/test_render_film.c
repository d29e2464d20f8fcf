// Clips that are made of given films.

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
#include "media/encode.h"
#include "media/film.h"
#include "takes.h"

#define WIDTH 320
#define HEIGHT 180

static struct take day;           // a film: a second of a meadow
static char driver[96], face[96]; // somebody who moves; a picture
static char missing[96];

// A light figure on grey, that goes to the right and back.
static void draw_figure(uint8_t *rgb, int width, int height, int at)
{
    for (int i = 0; i < width * height; i++) {
        int x = i % width - at, y = i / width - height / 2;
        bool figure = abs(x) < width / 12 && abs(y) < height / 3;
        memset(rgb + 3 * (size_t)i, figure ? 225 : 70, 3);
    }
}

static void write_driver(void)
{
    struct err err = {.text = ""};
    struct encoder *e = encoder_open(driver, WIDTH, HEIGHT, RENDER_FPS, &err);
    uint8_t *rgb = xmalloc(WIDTH * HEIGHT * 3);
    for (int i = 0; i < 48; i++) {
        int aside = (i < 24 ? i : 48 - i) * 4;
        draw_figure(rgb, WIDTH, HEIGHT, WIDTH / 3 + aside);
        if (!encoder_put(e, rgb, &err))
            fail_msg("%s", err.text);
    }
    if (!encoder_finish(e, &err))
        fail_msg("%s", err.text);
    draw_figure(rgb, WIDTH, HEIGHT, WIDTH / 2);
    assert_true(image_write_png(face, rgb, WIDTH, HEIGHT, &err));
    free(rgb);
}

static struct render_spec spec_of(enum render_kind kind, const char *film)
{
    return (struct render_spec){.kind = kind,
                                .prompt = "a city at night",
                                .model = "gen3",
                                .film = film,
                                .seed = -1,
                                .strength = -1};
}

static int set_up(void **state)
{
    if (make_dir(state) != 0)
        return -1;
    struct render_spec spec = spec_of(RENDER_SHOT, NULL);
    spec.prompt = "a meadow, noon";
    spec.width = WIDTH, spec.height = HEIGHT;
    spec.seconds = 1;
    day = render(&spec, "day");
    snprintf(driver, sizeof(driver), "%s/driver.mp4", dir);
    snprintf(face, sizeof(face), "%s/face.png", dir);
    snprintf(missing, sizeof(missing), "%s/missing.mp4", dir);
    write_driver();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

// The film has the size and the length where they are not given.
static void test_facts(void **state)
{
    (void)state;
    struct render_spec spec = spec_of(RENDER_RESTYLE, day.clip);
    struct take t = render(&spec, "own");
    assert_int_equal(t.facts.width, WIDTH);
    assert_int_equal(t.facts.height, HEIGHT);
    assert_int_equal(t.facts.frames, 24);
    assert_true(t.facts.seconds == 1);
    spec.width = 160, spec.height = 284;
    spec.seconds = 0.5;
    t = render(&spec, "tall");
    assert_int_equal(t.facts.height, 284);
    assert_int_equal(t.facts.frames, 12);
    spec.seconds = 10; // there is no more than it has
    t = render(&spec, "rest");
    assert_int_equal(t.facts.frames, 24);
    spec = spec_of(RENDER_UPSCALE, day.clip);
    t = render(&spec, "large");
    assert_int_equal(t.facts.width, 2 * WIDTH);
    assert_int_equal(t.facts.height, 2 * HEIGHT);
    spec.width = 432, spec.height = 768; // its shape stays
    t = render(&spec, "larger");
    assert_int_equal(t.facts.width, 768);
    assert_int_equal(t.facts.height, 432);
}

static double red_over_blue(const char *path)
{
    struct image image = picture(path);
    long sum = 0, n = (long)image.width * image.height;
    for (long i = 0; i < n; i++)
        sum += image.rgb[3 * i] - image.rgb[3 * i + 2];
    free(image.rgb);
    return (double)sum / (double)n;
}

// As far from the film as the strength says, in the prompt's colours.
static void test_restyle(void **state)
{
    (void)state;
    struct render_spec spec = spec_of(RENDER_RESTYLE, day.clip);
    double before = -1;
    for (int i = 0; i <= 4; i++) {
        spec.strength = i / 4.0;
        struct take t = render(&spec, "restyle");
        double d = difference(day.poster, t.poster);
        if (d <= before)
            fail_msg("%g: %g, before that %g", spec.strength, d, before);
        before = d;
        if (i == 0)
            assert_true(d < 3);
    }
    assert_true(before > 25);
    spec.prompt = "dusk in the desert";
    struct take dusk = render(&spec, "dusk");
    spec.prompt = "night at sea";
    struct take night = render(&spec, "night");
    assert_true(red_over_blue(dusk.poster) > red_over_blue(night.poster) + 40);
}

// What the film shows goes on, and so does the camera.
static void test_restyle_moves(void **state)
{
    (void)state;
    struct render_spec spec = spec_of(RENDER_RESTYLE, driver);
    struct take still = render(&spec, "film");
    struct image early = frame_at(&still, 0.02), late = frame_at(&still, 1);
    assert_true(image_difference(&early, &late, 0, HEIGHT) > 10);
    free(early.rgb);
    free(late.rgb);
    spec.motion[RENDER_Z] = 8;
    struct take moved = render(&spec, "moved");
    assert_same_picture(still.poster, moved.poster);
    assert_true(difference(still.last, moved.last) > 3);
}

// How far to the right the light is, on the whole, in the middle rows.
static double centre_of(const struct image *image)
{
    double sum = 0, x = 0;
    for (int i = 0; i < image->width * image->height * 6 / 10; i++) {
        double light = image->rgb[3 * i] > 150;
        sum += light;
        x += light * (i % image->width);
    }
    return x / sum;
}

// The character goes where the driver goes, and back with it.
static void test_perform(void **state)
{
    (void)state;
    struct render_bytes character = bytes_of(face);
    struct render_spec spec = spec_of(RENDER_PERFORM, driver);
    spec.character = character;
    spec.width = WIDTH, spec.height = HEIGHT;
    spec.body = true;
    double far[2];
    for (int i = 0; i < 2; i++) {
        spec.strength = i ? 0.8 : 0.3;
        struct take t = render(&spec, "act");
        assert_same_picture(face, t.poster);
        assert_int_equal(t.facts.frames, 48);
        // Without the inset, which is fading out on both.
        struct image end = picture(t.last), first = picture(face);
        far[i] = centre_of(&end) - centre_of(&first);
        free(end.rgb);
        struct image middle = frame_at(&t, 1);
        for (int y = 0; y < HEIGHT / 2; y++) // the inset
            memset(middle.rgb + 3 * (size_t)(y * WIDTH + WIDTH * 2 / 3), 0,
                   WIDTH);
        assert_true(centre_of(&middle) > centre_of(&first) + 2);
        assert_true(far[i] < centre_of(&middle) - centre_of(&first));
        far[i] = centre_of(&middle) - centre_of(&first);
        free(middle.rgb);
        free(first.rgb);
    }
    assert_true(far[1] > 1.5 * far[0]);
    // The head alone.
    struct take body = render(&spec, "body");
    spec.body = false;
    struct take head = render(&spec, "head");
    struct image a = frame_at(&body, 1), b = frame_at(&head, 1);
    struct image first = picture(face);
    double lower_a = image_difference(&a, &first, 95, 135);
    double lower_b = image_difference(&b, &first, 95, 135);
    if (lower_b > lower_a / 2)
        fail_msg("the body moves by %g, without the head by %g", lower_a,
                 lower_b);
    free(a.rgb);
    free(b.rgb);
    free(first.rgb);
    free_bytes(&character);
}

static void test_character_film(void **state)
{
    (void)state;
    struct render_spec spec = spec_of(RENDER_PERFORM, driver);
    spec.character_film = day.clip;
    struct take t = render(&spec, "film-film");
    assert_int_equal(t.facts.width, WIDTH);
    assert_int_equal(t.facts.frames, 48);
    struct err err = {.text = ""};
    spec.character_film = NULL;
    assert_refused(&spec, ERR_FORMAT, &err);
    spec.character_film = missing;
    assert_refused(&spec, ERR_DISK, &err);
}

// Every picture is the film's, larger.
static void test_upscale(void **state)
{
    (void)state;
    struct render_spec spec = spec_of(RENDER_UPSCALE, day.clip);
    struct take t = render(&spec, "upscale");
    struct film_facts facts;
    struct err err = {.text = ""};
    struct film *film = film_open(day.clip, NULL, &facts, &err);
    assert_non_null(film);
    uint8_t *rgb = xmalloc(3 * 4 * WIDTH * HEIGHT);
    assert_true(
        film_read(film, 0, 2 * WIDTH, 2 * HEIGHT, FILM_SHARP, rgb, &err));
    struct image first = picture(t.poster);
    assert_memory_equal(first.rgb, rgb, 3 * 4 * WIDTH * HEIGHT);
    // To the last row: no words are laid over it.
    assert_true(
        film_read(film, 0.5, 2 * WIDTH, 2 * HEIGHT, FILM_SHARP, rgb, &err));
    struct image middle = frame_at(&t, 0.5);
    struct image wanted = {2 * WIDTH, 2 * HEIGHT, rgb};
    assert_true(image_difference(&middle, &wanted, 0, 2 * HEIGHT) < 4);
    free(first.rgb);
    free(middle.rgb);
    free(rgb);
    film_close(film);
}

struct beside {
    struct render_spec spec;
    char name[32], hash[HASH_HEX];
};

static void *carry_out(void *arg)
{
    struct beside *b = arg;
    struct take t = render(&b->spec, b->name);
    struct err err;
    assert_true(hash_file(t.clip, b->hash, NULL, &err));
    return NULL;
}

// Again, and with all the others beside it.
static void test_same_bytes(void **state)
{
    (void)state;
    enum { WORKS = 5 };
    struct render_bytes character = bytes_of(face);
    struct beside alone[WORKS], beside[WORKS];
    for (int i = 0; i < WORKS; i++) {
        struct render_spec spec = spec_of(
            i < 3 ? (enum render_kind)(RENDER_RESTYLE + i) : RENDER_SHOT,
            i < 3 ? driver : NULL);
        spec.character = character;
        spec.motion[RENDER_X] = 3;
        spec.motion[RENDER_Z] = -4;
        if (i >= 3) {
            spec.width = WIDTH, spec.height = HEIGHT, spec.seconds = 1;
            *(i == 3 ? &spec.image : &spec.last_image) = character;
        }
        alone[i].spec = beside[i].spec = spec;
        snprintf(alone[i].name, sizeof(alone[i].name), "alone%d", i);
        snprintf(beside[i].name, sizeof(beside[i].name), "beside%d", i);
        carry_out(&alone[i]);
    }
    pthread_t threads[WORKS];
    for (int i = 0; i < WORKS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, carry_out, &beside[i]), 0);
    for (int i = 0; i < WORKS; i++) {
        pthread_join(threads[i], NULL);
        assert_string_equal(alone[i].hash, beside[i].hash);
    }
    free_bytes(&character);
}

struct patience {
    int asked, most;
    double done;
};

static bool go_on(void *arg, double done)
{
    struct patience *p = arg;
    p->done = done;
    return ++p->asked <= p->most;
}

// While the films are measured, before the first picture is drawn.
static void test_stops_early(void **state)
{
    (void)state;
    struct render_bytes character = bytes_of(face);
    for (int kind = RENDER_RESTYLE; kind <= RENDER_UPSCALE; kind++) {
        struct render_spec spec = spec_of((enum render_kind)kind, driver);
        spec.character = character;
        // A film has 48 pictures, and somebody to be moved is measured, too.
        int most = kind == RENDER_PERFORM ? 3 * 48 : 48;
        for (int at = 0; at <= most; at += 24) {
            struct patience p = {0, at, -1};
            struct take t = take_named("stopped");
            struct err err = {.text = ""};
            assert_false(render_clip(&spec, t.clip, t.poster, t.last, go_on, &p,
                                     &t.facts, &err));
            assert_int_equal(err.kind, ERR_GATEWAY);
            assert_true(p.done == 0);
            assert_int_equal(p.asked, at + 1);
            assert_int_not_equal(access(t.clip, F_OK), 0);
            assert_int_not_equal(access(t.poster, F_OK), 0);
        }
    }
    free_bytes(&character);
}

static void test_refuses(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    for (int kind = RENDER_RESTYLE; kind <= RENDER_UPSCALE; kind++) {
        struct render_spec spec = spec_of((enum render_kind)kind, NULL);
        assert_refused(&spec, ERR_FORMAT, &err);
        spec.film = missing;
        assert_refused(&spec, ERR_DISK, &err);
        spec.film = face; // a picture is no clip
        assert_refused(&spec, ERR_FORMAT, &err);
        spec.film = day.clip;
        spec.motion[RENDER_Y] = 0.0 / 0.0;
        assert_refused(&spec, ERR_FORMAT, &err);
    }
    struct render_spec spec = spec_of(RENDER_RESTYLE, day.clip);
    spec.width = 4000, spec.height = 64;
    assert_refused(&spec, ERR_FORMAT, &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_restyle),
        cmocka_unit_test(test_restyle_moves),
        cmocka_unit_test(test_perform),
        cmocka_unit_test(test_character_film),
        cmocka_unit_test(test_upscale),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_stops_early),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
