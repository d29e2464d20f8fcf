// What an account allows, and what is said of it: pure.

#include "engine/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct dialect_account account_of(int64_t balance, int64_t in_flight,
                                         int64_t left_today)
{
    static char name[] = "m";
    static struct dialect_model model;
    model = (struct dialect_model){name, in_flight, left_today};
    return (struct dialect_account){
        .read = true, .balance = balance, .models = &model, .n = 1};
}

static void judges(void **state)
{
    (void)state;
    static const struct {
        int64_t balance, in_flight, left_today; // -1: not said
        const char *model;
        int64_t price;
        struct account_use use;
        enum account_word word;
    } cases[] = {
        {-1, -1, -1, "m", 5, {0}, ACCOUNT_GO},
        {-1, -1, -1, "m", 5, {9, 9, 9, 9, 9}, ACCOUNT_GO},
        // at once
        {-1, 2, -1, "m", 5, {.running = 1}, ACCOUNT_GO},
        {-1, 2, -1, "m", 5, {.running = 2}, ACCOUNT_WAITS},
        {-1, 2, -1, "n", 5, {.running = 2}, ACCOUNT_GO},
        {-1, 2, -1, NULL, 5, {.running = 2}, ACCOUNT_GO},
        {-1, 0, -1, "m", 5, {.running = 0}, ACCOUNT_GO},
        {-1, 0, -1, "m", 5, {.running = 1}, ACCOUNT_WAITS},
        // today
        {-1, -1, 3, "m", 5, {.bought = 2}, ACCOUNT_GO},
        {-1, -1, 3, "m", 5, {.bought = 3}, ACCOUNT_NONE_LEFT},
        {-1, -1, 3, "m", 5, {.bought = 9}, ACCOUNT_NONE_LEFT},
        {-1,
         -1,
         3,
         "m",
         5,
         {.running = 1, .asked = 1, .bought = 2},
         ACCOUNT_WAITS},
        {-1,
         -1,
         3,
         "m",
         5,
         {.running = 1, .asked = 1, .bought = 1},
         ACCOUNT_GO},
        {-1, -1, 0, "m", 5, {0}, ACCOUNT_NONE_LEFT},
        {-1, -1, 0, "n", 5, {0}, ACCOUNT_GO},
        {-1, 1, 0, "m", 5, {.running = 1}, ACCOUNT_NONE_LEFT},
        // credits
        {10, -1, -1, "m", 10, {0}, ACCOUNT_GO},
        {10, -1, -1, "m", 11, {0}, ACCOUNT_NO_CREDITS},
        {10, -1, -1, "n", 11, {0}, ACCOUNT_NO_CREDITS},
        {10, -1, -1, "m", -1, {.spent = 99}, ACCOUNT_GO},
        {10, -1, -1, "m", 5, {.spent = 5}, ACCOUNT_GO},
        {10, -1, -1, "m", 5, {.spent = 6}, ACCOUNT_NO_CREDITS},
        {10, -1, -1, "m", 5, {.asked = 1, .reserved = 5}, ACCOUNT_GO},
        {10, -1, -1, "m", 5, {.asked = 1, .reserved = 6}, ACCOUNT_WAITS},
        {10, -1, -1, "m", 5, {.spent = INT64_MAX}, ACCOUNT_NO_CREDITS},
        {10, -1, -1, "m", 5, {.reserved = INT64_MAX}, ACCOUNT_WAITS},
        {0, -1, -1, "m", 0, {0}, ACCOUNT_GO},
        {10, 1, -1, "m", 11, {.running = 1}, ACCOUNT_NO_CREDITS},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dialect_account account = account_of(
            cases[i].balance, cases[i].in_flight, cases[i].left_today);
        if (account_judge(&account, cases[i].model, cases[i].price,
                          &cases[i].use) != cases[i].word)
            fail_msg("case %zu", i);
    }
}

static void is_said(void **state)
{
    (void)state;
    static const struct {
        int64_t balance, in_flight, left_today;
        const char *model, *text;
    } cases[] = {
        {1000000, 3, 150, "m", "1000 credits; m 3 at once, 150 left today"},
        {500, -1, 150, "m", "0.5 credits; m 150 left today"},
        {-1, 3, -1, "m", "m 3 at once"},
        {0, -1, -1, "m", "0 credits"},
        {0, 3, 150, "n", "0 credits"},
        {-1, -1, -1, "m", NULL},
        {-1, 3, 150, "n", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dialect_account account = account_of(
            cases[i].balance, cases[i].in_flight, cases[i].left_today);
        char *text = account_text(&account, &cases[i].model, 1);
        assert_int_equal(text != NULL, cases[i].text != NULL);
        if (text)
            assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(is_said),
    };
    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
