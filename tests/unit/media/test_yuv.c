// RGB to the encoder's planes, against the formula of BT.709.

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/yuv.h"

// Wider than what is worked out at a time, and no multiple of it.
enum { W = 602, H = 6, STRIDE = 640, GUARD = 0xa5 };

struct planes {
    uint8_t y[STRIDE * H], u[STRIDE * H / 2], v[STRIDE * H / 2];
};

static struct planes convert(const uint8_t *rgb)
{
    struct planes p;
    memset(&p, GUARD, sizeof(p));
    struct yuv_planes to = {{p.y, p.u, p.v}, {STRIDE, STRIDE, STRIDE}};
    yuv_from_rgb(rgb, W, H, &to);
    return p;
}

static void formula(const double *rgb, double *yuv)
{
    double y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    yuv[0] = 16 + 219.0 / 255 * y;
    yuv[1] = 128 + 224.0 / 255 * (rgb[2] - y) / 1.8556;
    yuv[2] = 128 + 224.0 / 255 * (rgb[0] - y) / 1.5748;
}

static void assert_near(double want, uint8_t got)
{
    if (fabs(want - got) > 0.52)
        fail_msg("%d where the formula has %.2f", got, want);
}

static void check_pixel(const uint8_t *rgb, const struct planes *p, int x,
                        int y)
{
    const uint8_t *at = rgb + 3 * (y * W + x);
    double one[3] = {at[0], at[1], at[2]}, yuv[3];
    formula(one, yuv);
    assert_near(yuv[0], p->y[y * STRIDE + x]);
    if (x % 2 || y % 2)
        return;
    double mean[3];
    for (int c = 0; c < 3; c++)
        mean[c] = (at[c] + at[c + 3] + at[c + 3 * W] + at[c + 3 * W + 3]) / 4.0;
    formula(mean, yuv);
    assert_near(yuv[1], p->u[y / 2 * STRIDE + x / 2]);
    assert_near(yuv[2], p->v[y / 2 * STRIDE + x / 2]);
}

static void check(const uint8_t *rgb)
{
    struct planes p = convert(rgb);
    for (int i = 0; i < W * H; i++)
        check_pixel(rgb, &p, i % W, i / W);
    // Nothing is written beside the picture.
    for (int y = 0; y < H; y++)
        for (int x = W; x < STRIDE; x++)
            assert_int_equal(p.y[y * STRIDE + x], GUARD);
    for (int y = 0; y < H / 2; y++)
        for (int x = W / 2; x < STRIDE; x++) {
            assert_int_equal(p.u[y * STRIDE + x], GUARD);
            assert_int_equal(p.v[y * STRIDE + x], GUARD);
        }
}

static void test_any_colours(void **state)
{
    (void)state;
    uint8_t *rgb = xmalloc(W * H * 3);
    uint32_t seed = 5;
    for (int i = 0; i < W * H * 3; i++) {
        seed = seed * 1664525u + 1013904223u;
        rgb[i] = (uint8_t)(seed >> 24);
    }
    check(rgb);
    free(rgb);
}

static void test_ends(void **state)
{
    (void)state;
    uint8_t *rgb = xmalloc(W * H * 3);
    for (int corner = 0; corner < 8; corner++) {
        for (int i = 0; i < W * H * 3; i++)
            rgb[i] = corner >> i % 3 & 1 ? 255 : 0;
        check(rgb);
    }
    for (int grey = 0; grey < 256; grey++) {
        memset(rgb, grey, W * H * 3);
        struct planes p = convert(rgb);
        assert_int_equal(p.u[0], 128);
        assert_int_equal(p.v[0], 128);
    }
    free(rgb);
}

// Smooth colours, by channels and back, are the same but for the rounding.
static void test_channels(void **state)
{
    (void)state;
    enum { BYTES = W * H / 2 * 3 };
    static uint8_t first[BYTES], again[BYTES], rgb[2][3][W];
    struct yuv_planes from = yuv_in(first, W, H), to = yuv_in(again, W, H);
    for (int i = 0; i < W * H; i++)
        first[i] = (uint8_t)(90 + i % W * 100 / W);
    for (int i = 0; i < W * H / 4; i++) {
        from.at[1][i] = (uint8_t)(100 + i % (W / 2) * 60 / W);
        from.at[2][i] = (uint8_t)(150 - i % (W / 2) * 60 / W);
    }
    for (int y = 0; y < H; y++) {
        uint8_t *const row[] = {rgb[y % 2][0], rgb[y % 2][1], rgb[y % 2][2]};
        const uint8_t *const upper[] = {rgb[0][0], rgb[0][1], rgb[0][2]};
        const uint8_t *const lower[] = {rgb[1][0], rgb[1][1], rgb[1][2]};
        yuv_to_channels(&from, W, H, y, row);
        struct yuv_planes two = yuv_below(&to, y / 2 * 2);
        if (y % 2)
            yuv_from_channels(upper, lower, W, &two);
    }
    for (int i = 0; i < BYTES; i++)
        assert_true(abs(first[i] - again[i]) <= 1);
}

static void test_mix(void **state)
{
    (void)state;
    enum { BYTES = W * H / 2 * 3 };
    static uint8_t a[BYTES], b[BYTES];
    struct yuv_planes to = yuv_in(a, W, H), from = yuv_in(b, W, H);
    memset(a, 100, sizeof(a));
    memset(b, 200, sizeof(b));
    yuv_mix(&to, &from, 64, W, H);
    for (int i = 0; i < BYTES; i++)
        assert_int_equal(a[i], 125);
    yuv_mix(&to, &from, 0, W, H);
    assert_int_equal(a[0], 125);
    yuv_copy(&to, &from, W, H);
    assert_memory_equal(a, b, BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_colours),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
