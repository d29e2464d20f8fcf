// The last lines of a plan.

#include "report/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/summary.h"

static char name[] = "comet";
static const struct dialect dialect = {.as_of = "2026-07-01"};
static const struct gateway gateway = {.name = name, .dialect = &dialect};

static struct plan_totals totals_of(uint64_t bought, int64_t least,
                                    int64_t price)
{
    return (struct plan_totals){.cells = 9,
                                .bought = bought,
                                .price_least = least,
                                .price = price,
                                .in_flight = 4,
                                .elapsed_ms = 61500};
}

static struct plan_money money_of(int64_t budget, int64_t spent)
{
    return (struct plan_money){
        .gateway = &gateway, .budget = {budget, -1}, .spent = {spent, 0}};
}

static void says(const struct plan_totals *totals,
                 const struct plan_money *money, const char *text, int code)
{
    struct buf out;
    buf_init(&out, 4096);
    plan_text(totals, money, &out);
    assert_string_equal(out.data, text);
    assert_int_equal(plan_exit(totals, money), code);
    buf_free(&out);
}

static void prices_time_and_budget(void **state)
{
    (void)state;
    struct plan_totals totals = totals_of(9, 45000, 45000);
    struct plan_money money = money_of(500000, 120000);
    says(&totals, &money,
         "9 to buy for 45 credits (prices of 2026-07-01, for orientation), 0 "
         "there already\n"
         "limits.budget: 45 of 500 credits, 120 spent before\n"
         "about 62 s, with 4 at once\n",
         EXIT_ALL_DELIVERED);
    totals = totals_of(9, 45500, 400000);
    totals.time_unknown = "gen\nx";
    says(&totals, &money,
         "9 to buy for 45.5–400 credits (prices of 2026-07-01, for "
         "orientation), 0 there already\n"
         "limits.budget: 400 of 500 credits, 120 spent before; 520 would be "
         "needed for all of them\n"
         "time unknown: nothing of gen\\nx was bought at 'comet' yet\n",
         EXIT_BUDGET);
    totals.exit = EXIT_CELLS_FAILED;
    assert_int_equal(plan_exit(&totals, &money), EXIT_BUDGET);
}

// Over the budget already, and nothing to buy: that is nobody's mistake.
static void nothing_to_buy(void **state)
{
    (void)state;
    struct plan_totals totals = totals_of(0, 0, 0);
    struct plan_money money = money_of(100000, 120000);
    totals.have = 9;
    totals.saved = 1000;
    totals.unknown = 1;
    says(&totals, &money,
         "nothing to buy, 9 there already (saves 1 credit), 1 perhaps bought\n",
         EXIT_ALL_DELIVERED);
}

static void prices_that_nobody_knows(void **state)
{
    (void)state;
    struct plan_totals totals = totals_of(2, 0, 0);
    struct plan_money money = money_of(-1, 0);
    totals.price_unknown = true;
    totals.time_unknown = "";
    says(&totals, &money,
         "2 to buy, price unknown (say prices: under the gateway), 0 there "
         "already\n"
         "time unknown: nothing was bought at 'comet' yet\n",
         EXIT_ALL_DELIVERED);
}

static void sharing(void **state)
{
    (void)state;
    struct plan_totals totals = totals_of(1, 5000, 5000);
    struct plan_money money = money_of(-1, 0);
    struct buf out;
    totals.shared = 4;
    totals.shared_purchases = 1;
    buf_init(&out, 4096);
    plan_text(&totals, &money, &out);
    assert_non_null(
        strstr(out.data, "\n5 cells share one purchase: takes: 5 buys each\n"));
    buf_clear(&out);
    totals.shared_purchases = 3;
    plan_text(&totals, &money, &out);
    assert_non_null(
        strstr(out.data, "\n3 purchases are shared: cells ask for them 7 times "
                         "in all, and each is bought once\n"));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_time_and_budget),
        cmocka_unit_test(nothing_to_buy),
        cmocka_unit_test(prices_that_nobody_knows),
        cmocka_unit_test(sharing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
