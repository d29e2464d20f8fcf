// When tasks were bought: counted by API and model, in any order of the clock.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gateway/bought.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void by_model(void **state)
{
    (void)state;
    struct boughts *bs = boughts_new();
    assert_int_equal(boughts_since(bs, "official", "gen4", 0), 0);
    boughts_add(bs, "official", "gen4", 1000);
    boughts_add(bs, "official", "gen4", 3000);
    boughts_add(bs, "official", "gen4", 2000); // the clock was set back
    boughts_add(bs, "reverse", "gen4", 4000);
    boughts_add(bs, "official", "gen3", 5000);
    assert_int_equal(boughts_since(bs, "official", "gen4", 0), 3);
    assert_int_equal(boughts_since(bs, "official", "gen4", 2000), 2);
    assert_int_equal(boughts_since(bs, "official", "gen4", 2001), 1);
    assert_int_equal(boughts_since(bs, "official", "gen4", 3001), 0);
    assert_int_equal(boughts_since(bs, "reverse", "gen4", 0), 1);
    boughts_free(bs);
}

static void taken_back(void **state)
{
    (void)state;
    struct boughts *bs = boughts_new();
    boughts_add(bs, "official", "gen4", 1000);
    boughts_add(bs, "official", "gen4", 1000);
    boughts_take_back(bs, "official", "gen4", 1000);
    boughts_take_back(bs, "official", "gen4", 999); // never added
    boughts_take_back(bs, "official", "gen3", 1000);
    assert_int_equal(boughts_since(bs, "official", "gen4", 0), 1);
    boughts_free(bs);
}

// One a second for six days: no day is missing one.
static void a_long_time(void **state)
{
    (void)state;
    struct boughts *bs = boughts_new();
    for (int64_t at = 1000; at <= 6 * DAY_MS; at += 1000) {
        boughts_add(bs, "official", "gen4", at);
        int64_t want = (at < DAY_MS ? at : DAY_MS) / 1000;
        assert_int_equal(boughts_since(bs, "official", "gen4", at - DAY_MS + 1),
                         want);
    }
    assert_true(boughts_since(bs, "official", "gen4", 0) < 5 * DAY_MS / 1000);
    boughts_free(bs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_model),
        cmocka_unit_test(taken_back),
        cmocka_unit_test(a_long_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
