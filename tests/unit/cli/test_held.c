// What comes in any order is printed in the order of its numbers.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "cli/held.h"

#define MANY 1500

static void test_in_order_as_soon_as_may_be(void **state)
{
    (void)state;
    char *text;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    struct held held = {0};
    held_say(&held, 2, xstrdup("b"), file);
    held_say(&held, 4, xstrdup("d"), file);
    fflush(file);
    assert_string_equal(text, "");
    held_say(&held, 1, xstrdup("a"), file);
    fflush(file);
    assert_string_equal(text, "ab");
    held_say(&held, 3, xstrdup(""), file);
    held_say(&held, 9, xstrdup("i"), file);
    held_say(&held, 7, xstrdup("g"), file);
    fflush(file);
    assert_string_equal(text, "abd");
    held_end(&held, file);
    fclose(file);
    assert_string_equal(text, "abdgi");
    free(text);
}

static void test_one_that_is_late_does_not_keep_them_all(void **state)
{
    (void)state;
    char *text;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    struct held held = {0};
    for (uint64_t i = 2; i <= MANY; i++) {
        held_say(&held, i, xstrdup("x"), file);
        assert_in_range(held.n, 0, 1000);
    }
    fflush(file);
    assert_in_range(len, MANY - 1000, MANY - 1);
    held_say(&held, 1, xstrdup("!"), file);
    held_end(&held, file);
    fclose(file);
    assert_int_equal(len, MANY);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order_as_soon_as_may_be),
        cmocka_unit_test(test_one_that_is_late_does_not_keep_them_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
