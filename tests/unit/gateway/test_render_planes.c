// What is drawn as the encoder takes it is what is drawn in full colours.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/camera.h"
#include "gateway/render.h"
#include "gateway/render_paint.h"
#include "gateway/render_still.h"
#include "gateway/scene.h"
#include "media/yuv.h"

enum { W = 328, H = 180, BYTES = W * H / 2 * 3 };

// Colours that go over into each other, and things with hard edges.
static struct image picture(int width, int height)
{
    struct image image = {width, height,
                          xmalloc(3 * (size_t)width * (size_t)height)};
    uint8_t *to = image.rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, to += 3) {
            bool thing = x * 10 / width % 3 == 1 && y * 8 / height % 3 == 1;
            to[0] = (uint8_t)(x * 255 / width);
            to[1] = (uint8_t)(thing ? 40 : 200 - y * 150 / height);
            to[2] = (uint8_t)(y * 255 / height);
        }
    return image;
}

static struct view view(double x, double z, double roll, double pan)
{
    double motion[RENDER_AXES] = {[RENDER_X] = x,
                                  [RENDER_Y] = x / 2,
                                  [RENDER_Z] = z,
                                  [RENDER_R] = roll,
                                  [RENDER_BG_X] = pan};
    return camera_view(motion, 5, 0.8, W, H);
}

static double difference(const uint8_t *a, const uint8_t *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += abs(a[i] - b[i]);
    return sum / n;
}

// In 255ths, at most; U and V, of a quarter of the pixels, may differ more.
static void assert_alike(const uint8_t *rgb, const uint8_t *drawn, double most)
{
    static uint8_t wanted[BYTES];
    struct yuv_planes to = yuv_in(wanted, W, H);
    yuv_from_rgb(rgb, W, H, &to);
    double light = difference(wanted, drawn, W * H);
    double tint = difference(wanted + W * H, drawn + W * H, W * H / 2);
    if (light > most || tint > most)
        fail_msg("light %.2f, tint %.2f apart; at most %.2f", light, tint,
                 most);
}

static void check_still(int width, int height, const struct view *v,
                        const struct still_part *part)
{
    static uint8_t rgb[3 * W * H], bytes[BYTES];
    struct yuv_planes planes = yuv_in(bytes, W, H);
    struct image image = picture(width, height);
    struct still *still = still_new(&image, v);
    still_draw(still, v, part, rgb);
    memset(bytes, 1, sizeof(bytes));
    still_draw_planes(still, v, part, &planes);
    assert_alike(rgb, bytes, 1);
    still_free(still);
}

static void test_still(void **state)
{
    (void)state;
    const struct view views[] = {view(0, 0, 0, 0),  view(3, 4, 0, 0),
                                 view(0, -9, 0, 0), view(-20, 20, 20, 20),
                                 view(5, -3, 8, 2), view(20, -20, 0, -20)};
    static const int sizes[][2] = {
        {W, H}, {W + 1, H + 1}, {3 * W, 2 * H}, {97, 211}, {410, 230},
        {1, 1}, {1, 90},        {700, 1},       {7, 5},    {3, 3}};
    const struct still_part part = {0.5f, 0.5f, 0.3f,  0.4f, 0.1f,
                                    0.1f, 1.2f, 0.96f, 0.28f};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (size_t k = 0; k < sizeof(views) / sizeof(*views); k++) {
            check_still(sizes[i][0], sizes[i][1], &views[k], NULL);
            check_still(sizes[i][0], sizes[i][1], &views[k], &part);
        }
}

// Another picture in its place is seen at once, whichever way it came.
static void test_news(void **state)
{
    (void)state;
    static uint8_t rgb[3 * W * H], bytes[BYTES];
    struct yuv_planes planes = yuv_in(bytes, W, H);
    struct view v = view(3, 4, 0, 0);
    struct image image = picture(W, H);
    struct still *still = still_new(&image, &v);
    still_draw_planes(still, &v, NULL, &planes);
    struct image *kept = still_image(still);
    for (int i = 0; i < 3 * W * H; i++)
        kept->rgb[i] = (uint8_t)(255 - kept->rgb[i]);
    still_draw(still, &v, NULL, rgb);
    still_draw_planes(still, &v, NULL, &planes);
    assert_alike(rgb, bytes, 1);
    memset(still_planes(still)->at[0], 77, W * H);
    still_draw_planes(still, &v, NULL, &planes);
    for (int i = 0; i < W * H; i++)
        assert_in_range(bytes[i], 60, 77); // darker beyond its edges
    still_free(still);
}

static void test_paint(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES];
    struct yuv_planes planes = yuv_in(bytes, W, H);
    struct theme theme = theme_of("a lighthouse at dusk", -1);
    static const float strengths[] = {0, 0.3f, 0.6f, 1};
    for (int i = 0; i < 4; i++) {
        struct image image = picture(W, H);
        struct paint *paint = paint_new(&theme, strengths[i], W, H);
        yuv_from_rgb(image.rgb, W, H, &planes);
        paint_planes(paint, &planes);
        paint_over(paint, image.rgb);
        assert_alike(image.rgb, bytes, 1.5);
        paint_free(paint);
        free(image.rgb);
    }
}

static void test_scene(void **state)
{
    (void)state;
    static uint8_t rgb[3 * W * H], bytes[BYTES];
    struct yuv_planes planes = yuv_in(bytes, W, H);
    struct theme theme = theme_of("a village in the meadow", -1);
    struct scene *scene = scene_new(&theme, W, H);
    struct view v = view(3, 4, 5, 0);
    scene_draw(scene, &v, rgb);
    scene_draw_planes(scene, &v, &planes);
    assert_alike(rgb, bytes, 0);
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_still),
        cmocka_unit_test(test_news),
        cmocka_unit_test(test_paint),
        cmocka_unit_test(test_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
