#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/inside.h"
#include "ui/under_way.h"

#define MANY 1000

static char shop[] = "shop";
static const struct gateway gateway = {.name = shop, .identity = shop};
static struct gate gate = {.gateway = &gateway};

static struct purchase ask(char *cell)
{
    return (struct purchase){.gate = &gate,
                             .cell = cell,
                             .route = shop,
                             .state = ATTEMPT_INTENT,
                             .progress = -1,
                             .bought_now = true};
}

static void settle(struct purchase *p, enum attempt_state state)
{
    p->state = state;
    p->settled = true;
}

static void expect(const struct under_way *all, const char *cells)
{
    char shown[64] = "";
    for (const struct task *task = under_way_first(all); task;
         task = under_way_next(all, task))
        snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%s",
                 purchase_cell(task->purchase));
    assert_string_equal(shown, cells);
}

static void shows_what_is_rendered_first(void **state)
{
    (void)state;
    char names[] = "a\0b\0c\0d";
    struct under_way all = {.seen.learned_ms = -1};
    struct purchase p[4];
    for (size_t i = 0; i < 4; i++) {
        p[i] = ask(names + 2 * i);
        assert_int_equal(under_way_note(&all, &p[i], 0), NEWS_SAME);
    }
    expect(&all, "abcd");
    assert_int_equal(all.running, 0);
    p[2].state = ATTEMPT_SUBMITTING;
    assert_int_equal(under_way_note(&all, &p[2], 1000), NEWS_MOVED);
    p[3].state = ATTEMPT_RUNNING;
    under_way_note(&all, &p[3], 1000);
    expect(&all, "dcab");
    p[1].state = ATTEMPT_RUNNING;
    p[1].progress = 0.1;
    under_way_note(&all, &p[1], 1000);
    expect(&all, "bdca");
    p[1].progress = 0.2;
    assert_int_equal(under_way_note(&all, &p[1], 2000), NEWS_SAME);
    assert_int_equal(under_way_first(&all)->since_ms, 1000);
    p[3].state = ATTEMPT_FETCHING;
    under_way_note(&all, &p[3], 3000);
    expect(&all, "bdca");
    assert_int_equal(all.running, 3);
    settle(&p[1], ATTEMPT_DELIVERED);
    assert_int_equal(under_way_note(&all, &p[1], 5000), NEWS_MOVED);
    assert_int_equal(under_way_note(&all, &p[1], 5000), NEWS_NONE);
    expect(&all, "dca");
    assert_int_equal(all.n, 3);
    assert_int_equal(all.ended, 1);
    assert_int_equal(all.seen.sum_ms, 4000);
    under_way_free(&all);
}

// Two purchases of a cell are one cell that runs.
static void counts_cells_not_purchases(void **state)
{
    (void)state;
    struct under_way all = {.seen.learned_ms = -1};
    struct purchase p[3] = {ask(shop), ask(shop), ask(shop)};
    for (size_t i = 0; i < 3; i++) {
        p[i].state = i ? ATTEMPT_RUNNING : ATTEMPT_INTENT;
        under_way_note(&all, &p[i], 0);
    }
    assert_int_equal(all.running, 1);
    settle(&p[1], ATTEMPT_FAILED);
    under_way_note(&all, &p[1], 0);
    assert_int_equal(all.running, 1);
    p[2].state = ATTEMPT_INTENT; // it is to be sent again
    under_way_note(&all, &p[2], 0);
    assert_int_equal(all.running, 0);
    under_way_free(&all);
}

// What an earlier run has sent teaches nothing: nobody knows since when.
static void learns_from_what_it_saw_from_the_beginning(void **state)
{
    (void)state;
    struct under_way all = {.seen.learned_ms = -1};
    struct purchase p[2] = {ask(shop), ask(shop)};
    p[0].bought_now = false;
    for (size_t i = 0; i < 2; i++) {
        p[i].state = ATTEMPT_ACCEPTED;
        under_way_note(&all, &p[i], 1000);
    }
    settle(&p[0], ATTEMPT_DELIVERED);
    under_way_note(&all, &p[0], 3000);
    struct eta eta = {0};
    under_way_eta(&all, 3000, &eta);
    assert_int_equal(eta.n, 1);
    assert_int_equal(eta.tasks[0].age_ms, 2000);
    assert_int_equal(eta.tasks[0].took_ms, -1);
    free((struct eta_task *)eta.tasks);
    settle(&p[1], ATTEMPT_DELIVERED);
    under_way_note(&all, &p[1], 9000);
    under_way_eta(&all, 9000, &eta);
    assert_int_equal(eta.n, 0);
    assert_int_equal(eta.usual_ms, 8000);
    free((struct eta_task *)eta.tasks);
    under_way_free(&all);
}

static void keeps_order_among_many(void **state)
{
    (void)state;
    static struct purchase p[MANY];
    struct under_way all = {.seen.learned_ms = -1};
    for (size_t i = 0; i < MANY; i++) {
        p[i] = ask(shop);
        under_way_note(&all, &p[i], 0);
    }
    for (size_t i = 0; i < MANY; i += 2) {
        settle(&p[i], ATTEMPT_REFUSED);
        under_way_note(&all, &p[i], 0);
    }
    size_t next = 1;
    for (const struct task *task = under_way_first(&all); task;
         task = under_way_next(&all, task), next += 2)
        assert_ptr_equal(task->purchase, &p[next]);
    assert_int_equal(next, MANY + 1);
    under_way_free(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_is_rendered_first),
        cmocka_unit_test(counts_cells_not_purchases),
        cmocka_unit_test(learns_from_what_it_saw_from_the_beginning),
        cmocka_unit_test(keeps_order_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
