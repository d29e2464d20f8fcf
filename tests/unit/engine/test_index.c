// A table that is added to and taken from in no order at all.

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/index.h"

#define KEYS 300
#define TURNS 20000

static void name(unsigned i, char out[16])
{
    snprintf(out, 16, "key %u", i);
}

static void holds_what_was_not_removed(void **state)
{
    (void)state;
    static char items[KEYS];
    bool in[KEYS] = {false};
    struct index index = {0};
    unsigned chance = 1;
    size_t n = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        char key[16];
        chance = chance * 1103515245 + 12345;
        unsigned i = chance / 65536 % KEYS;
        name(i, key);
        if (in[i])
            index_remove(&index, key);
        else
            index_set(&index, key, &items[i]);
        in[i] = !in[i];
        n += in[i] ? 1 : -1;
        assert_int_equal(index.n, n);
        if (turn % 50)
            continue;
        for (i = 0; i < KEYS; i++) {
            name(i, key);
            assert_ptr_equal(index_get(&index, key), in[i] ? &items[i] : NULL);
        }
    }
    index_free(&index);
}

static void what_is_not_there_can_be_removed(void **state)
{
    (void)state;
    struct index index = {0};
    index_remove(&index, "a");
    index_set(&index, "a", &index);
    index_remove(&index, "b");
    assert_ptr_equal(index_get(&index, "a"), &index);
    index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_not_removed),
        cmocka_unit_test(what_is_not_there_can_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
