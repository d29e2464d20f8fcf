// The same spec gives the same bytes: again, in company, and whatever the
// threads that share a picture take of it.

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"
#include "base/hash.h"
#include "base/mem.h"
#include "gateway/scene.h"
#include "takes.h"

static int remove_dir(void **state)
{
    (void)state;
    return scratch_remove(dir);
}

static const char *const prompts[] = {"a lighthouse at dusk", "a city at night",
                                      "a village, morning",   "a pine forest",
                                      "snow in the morning",  "a desert, noon"};
enum { PROMPTS = sizeof(prompts) / sizeof(*prompts) };

static struct render_spec spec_of(int i)
{
    struct render_spec spec = {.prompt = prompts[i % PROMPTS],
                               .model = "gen2",
                               .width = 160,
                               .height = 90,
                               .seconds = 0.5,
                               .seed = -1};
    spec.motion[RENDER_X] = 4;
    spec.motion[RENDER_R] = i < PROMPTS ? 0 : 8; // level rows have a way of
                                                 // their own
    return spec;
}

struct order {
    int spec;
    char name[32];
    char clip[HASH_HEX], last[HASH_HEX];
};

static void *carry_out(void *arg)
{
    struct order *o = arg;
    struct render_spec spec = spec_of(o->spec);
    struct take t = render(&spec, o->name);
    struct err err = {.kind = ERR_NONE};
    assert_true(hash_file(t.clip, o->clip, NULL, &err));
    assert_true(hash_file(t.last, o->last, NULL, &err));
    return NULL;
}

static void test_in_company(void **state)
{
    (void)state;
    enum { SPECS = 2 * PROMPTS, BESIDE = 3 };
    static struct order alone[SPECS], beside[SPECS];
    for (int i = 0; i < SPECS; i++) {
        alone[i].spec = beside[i].spec = i;
        snprintf(alone[i].name, sizeof(alone[i].name), "alone-%d", i);
        snprintf(beside[i].name, sizeof(beside[i].name), "beside-%d", i);
        carry_out(&alone[i]);
    }
    for (int i = 0; i < SPECS; i += BESIDE) {
        pthread_t threads[BESIDE];
        for (int k = 0; k < BESIDE; k++)
            assert_int_equal(
                pthread_create(&threads[k], NULL, carry_out, &beside[i + k]),
                0);
        for (int k = 0; k < BESIDE; k++)
            pthread_join(threads[k], NULL);
    }
    for (int i = 0; i < SPECS; i++) {
        assert_string_equal(alone[i].clip, beside[i].clip);
        assert_string_equal(alone[i].last, beside[i].last);
        if (i > 0)
            assert_string_not_equal(alone[i].clip, alone[i - 1].clip);
    }
}

// A picture does not depend on those that the scene drew before.
static void test_in_any_order(void **state)
{
    (void)state;
    enum { W = 160, H = 90, N = 4 };
    const double motion[RENDER_AXES] = {6, -3, 8, 5, 2, 1};
    for (int i = 0; i < PROMPTS; i++) {
        struct theme theme = theme_of(prompts[i], -1);
        struct scene *forth = scene_new(&theme, W, H);
        struct scene *back = scene_new(&theme, W, H);
        static uint8_t drawn[N][W * H * 3], again[W * H * 3];
        for (int k = 0; k < N; k++) {
            struct view v = camera_view(motion, 5, (double)k / N, W, H);
            scene_draw(forth, &v, drawn[k]);
        }
        for (int k = N - 1; k >= 0; k--) {
            struct view v = camera_view(motion, 5, (double)k / N, W, H);
            memset(again, k, sizeof(again));
            scene_draw(back, &v, again);
            assert_memory_equal(drawn[k], again, sizeof(again));
        }
        scene_free(forth);
        scene_free(back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_company),
        cmocka_unit_test(test_in_any_order),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
