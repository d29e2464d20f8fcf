// A cell of a recipe without a script ends as it would with the script that
// does the same.

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fake_engine.h"
#include "rig.h"

#define SCRIPT "return function() return runway.clip {} end"
#define TIMEOUT_MS 30

static void run(struct rig *rig, const char *prompt, const char *source)
{
    rig_open(rig, &(struct rig_options){.prompt = prompt});
    rig->recipe.limits.timeout_ms = TIMEOUT_MS;
    if (!rig_run(rig, source))
        fail_msg("%s: %s", prompt, rig->err.text);
}

static void assert_same(const char *what, const char *a, const char *b)
{
    if (strcmp(a ? a : "(none)", b ? b : "(none)") != 0)
        fail_msg("%s: %s, and with a script %s", what, a, b);
}

static void ends_as_with_a_script(void **state)
{
    (void)state;
    static const char *const prompts[] = {"a pier", "two",  "slow", "fail",
                                          "refuse", "disk", "never"};
    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
        struct rig plain, other;
        run(&plain, prompts[i], NULL);
        run(&other, prompts[i], SCRIPT);
        assert_same(prompts[i], plain.outputs, other.outputs);
        assert_same(prompts[i], plain.kind, other.kind);
        assert_same(prompts[i], plain.message, other.message);
        assert_same(prompts[i], plain.task_id, other.task_id);
        assert_int_equal(plain.ok, other.ok);
        assert_int_equal(plain.failure, other.failure);
        assert_same(prompts[i], fake_engine_paths(plain.engine),
                    fake_engine_paths(other.engine));
        assert_null(plain.rows);
        rig_close(&plain);
        rig_close(&other);
    }
}

static void a_mistake_is_the_recipes(void **state)
{
    (void)state;
    struct rig plain, other;
    run(&plain, "wrong", NULL);
    run(&other, "wrong", SCRIPT);
    assert_false(plain.ok);
    assert_string_equal(plain.kind, other.kind);
    assert_int_equal(plain.failure, ERR_RECIPE);
    assert_non_null(strstr(other.message, plain.message)); // which says where
    assert_null(plain.traceback);
    rig_close(&plain);
    rig_close(&other);
}

static void a_pause_takes_no_time(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, &(struct rig_options){.prompt = "never"});
    rig.recipe.limits.timeout_ms = TIMEOUT_MS;
    assert_true(rig_start(&rig, NULL));
    while (fake_engine_watches(rig.engine) == 0)
        rig_turn(&rig);
    for (int i = 0; i < 3; i++)
        rig_turn(&rig); // it has its task, and the time runs
    fake_engine_paused(rig.engine, 2 * TIMEOUT_MS);
    int64_t began = clock_mono_ms(&clock_system);
    while (!rig.ended)
        rig_turn(&rig);
    assert_string_equal(rig.kind, "timeout");
    assert_true(clock_mono_ms(&clock_system) - began >= 2 * TIMEOUT_MS);
    rig_close(&rig);
}

static void left_while_it_waits(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig, &(struct rig_options){.prompt = "never"});
    assert_true(rig_start(&rig, NULL)); // it is ready
    rig_close(&rig);
    rig_open(&rig, &(struct rig_options){.prompt = "deaf"});
    assert_true(rig_start(&rig, NULL));
    for (int turn = 0; turn < 10; turn++)
        rig_turn(&rig);
    assert_false(rig.ended);
    rig_close(&rig); // looks at its watches and timers
}

// --- who has asked, for who looks on
struct seen {
    int n, own;
    const void *me;
};

static void on_asker(void *ctx, void *arg)
{
    struct seen *seen = ctx;
    seen->n++;
    seen->own += arg == seen->me;
}

static struct seen askers_of(const struct rig *rig, size_t i)
{
    struct seen seen = {.me = rig};
    script_asking(rig->script, fake_engine_purchase(rig->engine, i), on_asker,
                  &seen);
    return seen;
}

static void those_who_asked_are_known(void **state)
{
    (void)state;
    for (int kept = 0; kept <= 1; kept++) {
        struct rig rig;
        rig_open(&rig, &(struct rig_options){.prompt = "never"});
        rig.script->config.asking = kept;
        for (int cells = 1; cells <= 3; cells++) {
            assert_true(rig_start(&rig, NULL)); // all of one purchase
            rig_turn(&rig);
            assert_int_equal(fake_engine_purchases(rig.engine), 1);
            assert_int_equal(askers_of(&rig, 0).n, cells);
            assert_int_equal(askers_of(&rig, 0).own, cells);
        }
        // The one in the middle goes, the last, and the first.
        for (int cells = 2; cells >= 0; cells--) {
            struct script_cell *cell = rig.script->cells;
            script_cell_free(cells == 2 ? cell->next : cell);
            assert_int_equal(askers_of(&rig, 0).n, cells);
        }
        rig_close(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_as_with_a_script),
        cmocka_unit_test(a_mistake_is_the_recipes),
        cmocka_unit_test(a_pause_takes_no_time),
        cmocka_unit_test(left_while_it_waits),
        cmocka_unit_test(those_who_asked_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
