#include "recipe/recipe.h"

#include "reading.h"

static void scripts_have_limits(void **state)
{
    (void)state;
    static const struct {
        const char *limits;
        int64_t memory, instructions;
        const char *says; // NULL: it is taken
    } cases[] = {
        {"{}", 0, 0, NULL},
        {"{memory: 512MB}", INT64_C(512) << 20, 0, NULL},
        {"{memory: 1 gb}", INT64_C(1) << 30, 0, NULL},
        {"{memory: 65536KB}", INT64_C(64) << 20, 0, NULL},
        {"{memory: 16777216}", INT64_C(16) << 20, 0, NULL},
        {"{instructions: 2000000000}", 0, 2000000000, NULL},
        {"{instructions: 2.0e+9}", 0, 2000000000, NULL},
        {"{memory: 512}", 0, 0, "512 (did you mean 512MB?)"},
        {"{memory: 2 gig}", 0, 0, "\"2 gig\" (did you mean 2GB?)"},
        {"{memory: 512M}", 0, 0, "\"512M\" (did you mean 512MB?)"},
        {"{memory: much}", 0, 0, "\"much\""},
        {"{memory: -5}", 0, 0, "-5"},
        {"{memory: 16777216.5}", 0, 0, "16777216.5"},
        {"{memory: 15MB}", 0, 0, "\"15MB\""},
        {"{memory: 65GB}", 0, 0, "\"65GB\""},
        {"{memory: 9999999999999GB}", 0, 0, "\"9999999999999GB\""},
        {"{memory: [1]}", 0, 0, "a list"},
        {"{instructions: 5}", 0, 0, "5"},
        {"{instructions: 1000000.5}", 0, 0, "1000000.5"},
        {"{instructions: 1.0e+12}", 0, 0, "1000000000000"},
        {"{instructions: all}", 0, 0, "\"all\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = xasprintf(HEAD "limits: %s\n", cases[i].limits);
        if (cases[i].says) {
            bool memory = cases[i].limits[1] == 'm';
            char *says = xasprintf(
                "2:%d '%s' in limits takes %s, found %s\n", memory ? 18 : 24,
                memory ? "memory" : "instructions",
                memory ? "a size from 16MB to 64GB, such as 512MB, or a number "
                         "of bytes"
                       : "a whole number from 1000000 to 100000000000",
                cases[i].says);
            reading_says(text, says);
            free(says);
        } else {
            struct reading r = reading_good(text);
            assert_true(r.recipe->limits.memory == cases[i].memory);
            assert_true(r.recipe->limits.instructions == cases[i].instructions);
            reading_free(&r);
        }
        free(text);
    }
}

static void cells_and_runs_have_their_time(void **state)
{
    (void)state;
    static const struct {
        const char *limits;
        int64_t timeout_ms, cell_ms, run_ms; // -1: no matter
    } cases[] = {
        {"{}", -1, 0, 0},
        {"{cell_timeout: 90s}", -1, 90000, 0},
        {"{run_timeout: 2h}", -1, 0, 7200000},
        {"{timeout: 1s, cell_timeout: 0.5, run_timeout: 3m}", 1000, 500,
         180000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *text = xasprintf(HEAD "limits: %s\n", cases[i].limits);
        struct reading r = reading_good(text);
        const struct recipe_limits *limits = &r.recipe->limits;
        if (cases[i].timeout_ms >= 0)
            assert_int_equal(limits->timeout_ms, cases[i].timeout_ms);
        assert_int_equal(limits->cell_timeout_ms, cases[i].cell_ms);
        assert_int_equal(limits->run_timeout_ms, cases[i].run_ms);
        reading_free(&r);
        free(text);
    }
}

static void a_time_is_a_duration(void **state)
{
    (void)state;
    static const char *const names[] = {"cell_timeout", "run_timeout"};
    static const char *const bad[] = {"-1s", "soon", "5 weeks"};
    for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(*bad); i++) {
        const char *name = names[i % 2];
        char *text = xasprintf(HEAD "limits: {%s: %s}\n", name, bad[i / 2]);
        char *says = xasprintf(
            "2:%d '%s' in limits takes a duration such as 90s, 30m or 2h, or "
            "a number of seconds, found \"%s\"\n",
            i % 2 ? 23 : 24, name, bad[i / 2]);
        reading_says(text, says);
        free(says);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_have_limits),
        cmocka_unit_test(cells_and_runs_have_their_time),
        cmocka_unit_test(a_time_is_a_duration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
