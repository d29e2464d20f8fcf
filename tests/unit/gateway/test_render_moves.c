// A camera over a given picture: where its near and far parts go.

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
#include "takes.h"

#define WIDTH 320
#define HEIGHT 180
#define PATCH 12 // half of its side
#define REACH 44 // how far a patch is looked for

static char still_path[96], other_path[96];

static uint32_t hash(uint32_t x)
{
    x = (x ^ x >> 16) * 0x45d9f3bu;
    x = (x ^ x >> 16) * 0x45d9f3bu;
    return x ^ x >> 16;
}

// Blots of 5 pixels, no two alike; a bright sky over a dark ground.
static void write_blots(const char *path, uint32_t seed)
{
    uint8_t *rgb = xmalloc(WIDTH * HEIGHT * 3);
    for (int i = 0; i < WIDTH * HEIGHT * 3; i++) {
        int x = i / 3 % WIDTH / 5, y = i / 3 / WIDTH / 5;
        uint32_t h = hash(seed + (uint32_t)(y * 64 + x) * 3 + (uint32_t)i % 3);
        int light = i / 3 / WIDTH < HEIGHT * 58 / 100 ? 130 : 20;
        rgb[i] = (uint8_t)(light + (int)(h % 110));
    }
    struct err err = {.text = ""};
    if (!image_write_png(path, rgb, WIDTH, HEIGHT, &err))
        fail_msg("%s", err.text);
    free(rgb);
}

static int set_up(void **state)
{
    if (make_dir(state) != 0)
        return -1;
    snprintf(still_path, sizeof(still_path), "%s/still.png", dir);
    snprintf(other_path, sizeof(other_path), "%s/other.png", dir);
    write_blots(still_path, 1);
    write_blots(other_path, 77777);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

static struct render_spec spec_of(struct render_bytes image)
{
    return (struct render_spec){.prompt = "a pier",
                                .model = "gen3",
                                .width = WIDTH,
                                .height = HEIGHT,
                                .seconds = 1,
                                .seed = -1,
                                .image = image,
                                .strength = -1};
}

struct shift {
    int x, y;
};

static long cost(const struct image *a, const struct image *b, int x, int y,
                 struct shift s)
{
    long sum = 0;
    for (int dy = -PATCH; dy < PATCH; dy++)
        for (int dx = -PATCH; dx < PATCH; dx++) {
            int bx = x + dx + s.x, by = y + dy + s.y;
            if (bx < 0 || by < 0 || bx >= b->width || by >= b->height)
                return 1L << 40;
            for (int c = 0; c < 3; c++)
                sum +=
                    labs((long)a->rgb[3 * ((y + dy) * a->width + x + dx) + c] -
                         b->rgb[3 * (by * b->width + bx) + c]);
        }
    return sum;
}

// Where the patch around (x, y) of `a` is in `b`.
static struct shift find(const struct image *a, const struct image *b, int x,
                         int y)
{
    struct shift best = {0, 0};
    long least = cost(a, b, x, y, best);
    for (int i = 0; i < (2 * REACH + 1) * (2 * REACH + 1); i++) {
        struct shift s = {i % (2 * REACH + 1) - REACH,
                          i / (2 * REACH + 1) - REACH};
        long is = cost(a, b, x, y, s);
        if (is < least) {
            least = is;
            best = s;
        }
    }
    return best;
}

// The still and the last picture of a move by `motion` along `axis`.
static void move(enum render_axis axis, double motion, struct image *before,
                 struct image *after)
{
    struct render_bytes bytes = bytes_of(still_path);
    struct render_spec spec = spec_of(bytes);
    spec.motion[axis] = motion;
    struct take t = render(&spec, "move");
    assert_same_picture(still_path, t.poster);
    *before = picture(still_path);
    *after = picture(t.last);
    free_bytes(&bytes);
}

// How a far and a near patch, `x` aside of the centre, are moved.
static void measure(enum render_axis axis, double motion, int x,
                    struct shift *far, struct shift *near)
{
    struct image before, after;
    move(axis, motion, &before, &after);
    *far = find(&before, &after, WIDTH / 2 + x, HEIGHT / 4);
    *near = find(&before, &after, WIDTH / 2 + x, HEIGHT * 5 / 6);
    free(before.rgb);
    free(after.rgb);
}

static void expect(bool good, const char *what, struct shift far,
                   struct shift near)
{
    if (!good)
        fail_msg("%s: far %d %d, near %d %d", what, far.x, far.y, near.x,
                 near.y);
}

static void test_truck(void **state)
{
    (void)state;
    struct shift far, near;
    measure(RENDER_X, 10, 0, &far, &near);
    expect(far.x < -2 && near.x < 2 * far.x, "to the right", far, near);
    measure(RENDER_X, -10, 0, &far, &near);
    expect(far.x > 2 && near.x > 2 * far.x, "to the left", far, near);
}

static void test_pedestal(void **state)
{
    (void)state;
    struct shift far, near;
    measure(RENDER_Y, -8, 0, &far, &near);
    expect(far.y < 0 && near.y < far.y - 2, "down", far, near);
    measure(RENDER_Y, 5, 0, &far, &near);
    expect(far.y > 0 && near.y > far.y, "up", far, near);
}

static void test_background(void **state)
{
    (void)state;
    struct shift far, near;
    measure(RENDER_BG_X, 20, 0, &far, &near);
    expect(far.x < -20 && abs(near.x) < 4, "to the right", far, near);
    measure(RENDER_BG_Y, 20, 0, &far, &near);
    expect(far.y > 8 && near.y < far.y / 2, "up", far, near);
}

// What is near grows more than what is far, and shrinks more.
static void test_dolly(void **state)
{
    (void)state;
    struct shift far, near;
    measure(RENDER_Z, 10, 80, &far, &near);
    expect(far.x > 2 && near.x > far.x + far.x / 2, "forward", far, near);
    expect(far.y < 0 && near.y > 0, "forward", far, near);
    measure(RENDER_Z, -10, 80, &far, &near);
    expect(far.x < -2 && near.x < far.x + far.x / 2, "back", far, near);
}

// The camera turns clockwise, about the centre: its picture the other way.
static void test_roll(void **state)
{
    (void)state;
    struct image before, after;
    move(RENDER_R, 12, &before, &after); // 7.2 degrees
    struct shift middle = find(&before, &after, WIDTH / 2, HEIGHT / 2);
    struct shift right = find(&before, &after, WIDTH / 2 + 70, HEIGHT / 2);
    struct shift left = find(&before, &after, WIDTH / 2 - 70, HEIGHT / 2);
    expect(abs(middle.x) < 2 && abs(middle.y) < 2, "centre", middle, right);
    expect(right.y < -6 && right.y > -16, "right", middle, right);
    expect(left.y > 6 && left.y < 16, "left", middle, left);
    free(before.rgb);
    free(after.rgb);
}

// It begins and ends at rest: hardly anything moves in the first quarter of a
// second.
static void test_ease(void **state)
{
    (void)state;
    struct render_bytes bytes = bytes_of(still_path);
    struct render_spec spec = spec_of(bytes);
    spec.motion[RENDER_X] = 10;
    struct take t = render(&spec, "ease");
    struct image before = picture(still_path);
    int at[5];
    for (int i = 0; i < 5; i++) {
        struct image now = frame_at(&t, i * 0.2396);
        at[i] = find(&before, &now, WIDTH / 2, HEIGHT * 7 / 10).x;
        free(now.rgb);
    }
    assert_true(at[0] == 0 && at[4] < -8);
    assert_true(abs(at[1] - at[0]) < abs(at[2] - at[1]));
    assert_true(abs(at[4] - at[3]) < abs(at[3] - at[2]));
    free(before.rgb);
    free_bytes(&bytes);
}

// From the first picture to the last one, both as they were given; the camera
// moves all the while.
static void test_last_image(void **state)
{
    (void)state;
    struct render_bytes first = bytes_of(still_path);
    struct render_bytes last = bytes_of(other_path);
    struct render_spec spec = spec_of(first);
    spec.last_image = last;
    spec.motion[RENDER_Z] = 6;
    spec.motion[RENDER_X] = -4;
    struct take t = render(&spec, "both");
    assert_same_picture(still_path, t.poster);
    assert_same_picture(other_path, t.last);
    struct image a = picture(still_path), b = picture(other_path);
    struct image early = frame_at(&t, 0.25), late = frame_at(&t, 0.9);
    const int rows = HEIGHT * 6 / 10;
    assert_true(image_difference(&early, &a, 0, rows) <
                image_difference(&early, &b, 0, rows));
    assert_true(image_difference(&late, &b, 0, rows) <
                image_difference(&late, &a, 0, rows));
    // Moved, not only faded: the last picture is not at rest before the end.
    assert_true(image_difference(&late, &b, 0, rows) > 3);
    // Out of a scene too.
    spec.image = (struct render_bytes){NULL, 0};
    struct take scene = render(&spec, "scene");
    assert_same_picture(other_path, scene.last);
    assert_true(difference(scene.poster, other_path) > 10);
    struct image *all[] = {&a, &b, &early, &late};
    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
        free(all[i]->rgb);
    free_bytes(&first);
    free_bytes(&last);
}

static void test_picture(void **state)
{
    (void)state;
    struct render_bytes bytes = bytes_of(still_path);
    struct render_spec spec = spec_of(bytes);
    struct render_facts facts;
    struct err err = {.text = ""};
    char path[128];
    spec.seconds = 0;
    snprintf(path, sizeof(path), "%s/picture.png", dir);
    if (!render_picture(&spec, path, &facts, &err))
        fail_msg("%s", err.text);
    assert_same_picture(still_path, path);
    assert_int_equal(facts.width, WIDTH);
    spec.width = spec.height = 0; // as the picture has it
    assert_true(render_picture(&spec, path, &facts, &err));
    assert_same_picture(still_path, path);
    spec.image = (struct render_bytes){NULL, 0};
    assert_false(render_picture(&spec, path, &facts, &err));
    spec.width = WIDTH, spec.height = HEIGHT;
    assert_true(render_picture(&spec, path, &facts, &err));
    spec.seconds = 1;
    struct take t = render(&spec, "scene");
    assert_same_picture(t.poster, path); // no words on it
    spec.kind = RENDER_UPSCALE;
    assert_false(render_picture(&spec, path, &facts, &err));
    assert_int_equal(err.kind, ERR_FORMAT);
    free_bytes(&bytes);
}

// Whatever is given, and however far it goes.
static void test_odd_pictures(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {2, 700}, {900, 3}, {47, 27}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        int w = sizes[i][0], h = sizes[i][1];
        uint8_t *rgb = xcalloc(1, (size_t)w * (size_t)h * 3);
        char path[128];
        snprintf(path, sizeof(path), "%s/odd.png", dir);
        assert_true(image_write_png(path, rgb, w, h, NULL));
        free(rgb);
        struct render_bytes bytes = bytes_of(path);
        struct render_spec spec = spec_of(bytes);
        spec.last_image = bytes;
        spec.seconds = 0.2;
        for (int axis = 0; axis < RENDER_AXES; axis++)
            spec.motion[axis] = i % 2 ? 1e9 : -1e9;
        render(&spec, "odd");
        free_bytes(&bytes);
    }
    struct render_bytes bytes = bytes_of(still_path);
    struct render_spec spec = spec_of(bytes);
    spec.last_image = (struct render_bytes){"no image", 8};
    struct err err;
    assert_refused(&spec, ERR_FORMAT, &err);
    free_bytes(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truck),        cmocka_unit_test(test_pedestal),
        cmocka_unit_test(test_background),   cmocka_unit_test(test_dolly),
        cmocka_unit_test(test_roll),         cmocka_unit_test(test_ease),
        cmocka_unit_test(test_last_image),   cmocka_unit_test(test_picture),
        cmocka_unit_test(test_odd_pictures),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
