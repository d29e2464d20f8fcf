#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/eta.h"

static void fills_the_places_in_turn(void **state)
{
    (void)state;
    static const struct eta_task tasks[] = {
        {60000, 20000, -1}, {60000, 50000, -1}, {60000, 90000, -1}};
    static const struct {
        size_t tasks;
        uint64_t orders;
        int places;
        int64_t left_ms;
    } cases[] = {
        {1, 0, 4, 40000},  // what is under way
        {2, 0, 4, 40000},  //
        {1, 1, 2, 60000},  // one beside it
        {1, 1, 1, 100000}, // or behind it
        {0, 8, 4, 120000}, // two rounds
        {0, 9, 4, 180000}, // and one more
        {2, 2, 2, 100000}, // each behind the one whose place it takes
        {2, 3, 2, 130000}, //
        {2, 1, 1, 100000}, // an earlier run had more places
        {3, 1, 3, 66000},  // one that is late is not taken for done
        {0, 5, 0, 300000}, // at least one
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct eta eta = {.tasks = tasks,
                          .n = cases[i].tasks,
                          .orders = cases[i].orders,
                          .usual_ms = 60000,
                          .places = cases[i].places};
        assert_int_equal(eta_left(&eta), cases[i].left_ms);
    }
}

static void says_nothing_when_nobody_knows(void **state)
{
    (void)state;
    struct eta_task tasks[] = {{60000, 0, -1}, {-1, 5000, -1}};
    struct eta eta = {.tasks = tasks, .n = 2, .usual_ms = -1, .places = 4};
    assert_int_equal(eta_left(&eta), -1);
    tasks[1].progress = 0.01; // too little to go by
    assert_int_equal(eta_left(&eta), -1);
    tasks[1].progress = 0.1;
    assert_int_equal(eta_left(&eta), 60000);
    eta.orders = 1;
    assert_int_equal(eta_left(&eta), -1);
    eta = (struct eta){.places = 4, .usual_ms = 60000};
    assert_int_equal(eta_left(&eta), -1);
    tasks[0].age_ms = 60000; // ready, and not yet here
    eta = (struct eta){.tasks = tasks, .n = 1, .usual_ms = -1, .places = 4};
    assert_int_equal(eta_left(&eta), 6000);
}

static void what_is_seen_outweighs_what_was_learned(void **state)
{
    (void)state;
    struct eta_kind kind = {.learned_ms = -1};
    assert_int_equal(eta_took(&kind), -1);
    kind.n = 2;
    kind.sum_ms = 30000;
    assert_int_equal(eta_took(&kind), 15000);
    kind.learned_ms = 60000;
    assert_int_equal(eta_took(&kind), 42000);
    kind.n = 97;
    kind.sum_ms = 97 * 10000;
    assert_int_equal(eta_took(&kind), 11500);
    kind = (struct eta_kind){.learned_ms = 60000};
    assert_int_equal(eta_took(&kind), 60000);
}

static void counts_the_orders_to_come(void **state)
{
    (void)state;
    // Nothing has ended: one a cell.
    struct eta_cells cells = {.left = 10, .tasks = 4, .waiting = 4};
    assert_int_equal(eta_orders(&cells), 6);
    // Cells that ended bought three each, one of those that go on has ended.
    cells = (struct eta_cells){.left = 10,
                               .paid = 2,
                               .orders = 6,
                               .ended = 1,
                               .tasks = 4,
                               .waiting = 4};
    assert_int_equal(eta_orders(&cells), 25);
    // Cells that share, or were there: what waits is still to be sent.
    cells = (struct eta_cells){.left = 2, .tasks = 4, .waiting = 3};
    assert_int_equal(eta_orders(&cells), 3);
    cells = (struct eta_cells){.left = 0};
    assert_int_equal(eta_orders(&cells), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_the_places_in_turn),
        cmocka_unit_test(says_nothing_when_nobody_knows),
        cmocka_unit_test(what_is_seen_outweighs_what_was_learned),
        cmocka_unit_test(counts_the_orders_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
